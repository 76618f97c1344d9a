import { processEnvironment } from '../app/config/environment.ts';
import type { Settings } from '../app/config/settings.ts';
import { messageOf } from '../errors.ts';
import type { Log } from '../telemetry/log.ts';
import { settleSettings } from './settings-flags.ts';

/**
 * SIGHUP reads the config file again and hands the settings to `apply`, which switches mode, batch size,
 * requests in flight and budget. Returns the undoing.
 */
export function reloadOnHangup(
  apply: (settings: Settings) => void,
  flags: Readonly<Record<string, unknown>>,
  log: Log,
): () => void {
  const reload = () => {
    settleSettings(flags, processEnvironment())
      .then(apply)
      .catch((error: unknown) =>
        log.error(`the reload was refused, polling goes on as before: ${messageOf(error)}`),
      );
  };
  process.on('SIGHUP', reload);
  return () => process.off('SIGHUP', reload);
}

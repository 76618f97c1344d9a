import { setFlagsFromString } from 'node:v8';

/**
 * Have V8 collect the whole heap when it has doubled. A daemon works for a second and rests for the rest of the
 * minute, so V8 takes it for idle, gives it a tenth of room, and collects everything once or twice a minute: a fifth
 * of all CPU. The flag is read at each collection, so it may be set while the process runs.
 */
export function letHeapDouble(): void {
  setFlagsFromString('--heap-growing-percent=100');
}

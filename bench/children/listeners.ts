import { connect, type Socket } from 'node:net';
import { hear, task, tell } from '../rig/child.ts';
import type { ListenersTask } from '../rig/listeners.ts';

/**
 * WebSocket clients that subscribe to `*` and then only count bytes, so that they cost next to nothing beside
 * the server that is measured.
 */
const { port, path, clients } = await task<ListenersTask>();
let received = 0;
let expected = Number.POSITIVE_INFINITY;
const sockets: Socket[] = [];
for (let from = 0; from < clients; from += 50) {
  const some = Array.from({ length: Math.min(50, clients - from) }, subscribed);
  sockets.push(...(await Promise.all(some)));
}
for (const socket of sockets) {
  socket.on('data', (data) => {
    received += data.length;
    if (received < expected) return;
    expected = Number.POSITIVE_INFINITY;
    tell({ at: Date.now() });
  });
}
tell({ ready: true });
for (;;) {
  const next = await hear<{ expect: number }>();
  if (!next) break;
  received = 0;
  expected = next.expect;
  tell({ watching: true });
}
for (const socket of sockets) socket.destroy();

async function subscribed(): Promise<Socket> {
  const socket = connect(port, '127.0.0.1');
  socket.setNoDelay(true);
  socket.write(
    `GET ${path} HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n` +
      'Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n',
  );
  await until(socket, '101 Switching Protocols');
  socket.write(frame({ action: 'auth', key: 'bench', secret: 'bench' }));
  await until(socket, 'authenticated');
  socket.write(frame({ action: 'subscribe', bars: ['*'], updatedBars: ['*'] }));
  await until(socket, 'subscription');
  return socket;
}

/** A text frame under a mask of zeros, which changes nothing. */
function frame(message: object): Buffer {
  const payload = Buffer.from(JSON.stringify(message));
  return Buffer.concat([Buffer.from([0x81, 0x80 | payload.length, 0, 0, 0, 0]), payload]);
}

function until(socket: Socket, text: string): Promise<void> {
  return new Promise((resolve, reject) => {
    let seen = '';
    const look = (data: Buffer) => {
      seen += data.toString('latin1');
      if (!seen.includes(text)) return;
      socket.off('data', look);
      socket.off('close', onClose);
      resolve();
    };
    const onClose = () => reject(new Error(`closed before "${text}": ${seen.slice(-200)}`));
    socket.on('data', look);
    socket.on('close', onClose);
  });
}

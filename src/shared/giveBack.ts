/** Where what is posted goes nowhere. */
let nowhere: MessagePort | null = null;

function portToNowhere(): MessagePort {
  const { port1, port2 } = new MessageChannel();
  port2.close();
  return port1;
}

/**
 * Gives the memory of buffers back at once; they are empty afterwards. What nobody refers to any more lies about until
 * the garbage is collected, which for a worker that has nothing else to do may be long. Handed over to nobody, not
 * `transfer`red: of what the browser made itself, of a file or a message, Chromium has a second handle that holds the
 * memory, and which counts as empty then. Of 600 MiB read from a file 60 are left so, 290 where nothing is given back,
 * and all 600 with `transfer`.
 */
export function giveBack(buffers: Iterable<ArrayBuffer>): void {
  nowhere ??= portToNowhere();
  nowhere.postMessage(null, [...buffers]);
}

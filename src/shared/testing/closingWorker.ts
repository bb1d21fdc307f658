/** A worker that answers once and closes when it is told to. */
const scope = self as unknown as DedicatedWorkerGlobalScope;
scope.onmessage = () => {
  scope.postMessage({ kind: 'reply' });
  scope.close();
};

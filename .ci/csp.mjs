/**
 * The page's Content-Security-Policy, as a meta tag. The built page gets the strict one; the dev server needs
 * inline scripts and styles and its own socket for hot reloading, and gets those on top.
 */
const POLICY = {
  'default-src': "'none'",
  'script-src': "'self' 'wasm-unsafe-eval'",
  'style-src': "'self'",
  'img-src': "'self' blob: data:",
  'font-src': "'self'",
  'connect-src': "'self' https://huggingface.co https://*.huggingface.co https://*.hf.co",
  'worker-src': "'self' blob:",
  'manifest-src': "'self'",
  'base-uri': "'none'",
  'form-action': "'none'",
};
const DEV = { 'script-src': " 'unsafe-inline'", 'style-src': " 'unsafe-inline'" };

/** The sockets of a dev server, at every address it says it has. */
const sockets = ({ local, network }) =>
  [...local, ...network].map((url) => ` ${new URL(url).origin.replace(/^http/, 'ws')}`).join('');

/** @returns {import('vite').Plugin} puts the policy first into the head. */
export function csp() {
  let dev = false;
  return {
    name: 'sieve-csp',
    configResolved: (config) => {
      dev = config.command === 'serve' && !config.isProduction;
    },
    transformIndexHtml: {
      order: 'post',
      handler: (_html, { server } = {}) => {
        const more = dev ? { ...DEV, 'connect-src': server?.resolvedUrls ? sockets(server.resolvedUrls) : '' } : {};
        const content = Object.entries(POLICY)
          .map(([name, value]) => `${name} ${value}${more[name] ?? ''}`)
          .join('; ');
        return [{ tag: 'meta', attrs: { 'http-equiv': 'Content-Security-Policy', content }, injectTo: 'head-prepend' }];
      },
    },
  };
}

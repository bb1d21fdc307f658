/**
 * The schema library, for everyone: it would try out `eval` to find out whether it may write code, which the page's
 * Content-Security-Policy forbids and Firefox reports.
 */
import { z } from 'zod';

z.config({ jitless: true });

export { z };

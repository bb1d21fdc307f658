/** Class of text on a colour ramp, so that its contrast stays above 4.5 anywhere on it, in light and in dark. */
export function onRamp(share: number): string {
  return share > 0.69 ? 'on-deep' : share > 0.5 ? 'on-middle' : '';
}

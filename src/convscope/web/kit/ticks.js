/** Round axis ticks: multiples of 1, 2 or 5 times a power of ten. */

/**
 * Return the ticks between low and high.
 *
 * @param {number} low
 * @param {number} high
 * @param {number} most  approximate maximum number of ticks
 */
export function ticks(low, high, most) {
  if (!(high > low)) return [low];
  const rough = (high - low) / most;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = power * ([1, 2, 5].find((digit) => digit * power >= rough) ?? 10);
  const found = [];
  for (let place = Math.ceil(low / step); place * step <= high + step * 1e-9; place++)
    found.push(Number((place * step).toPrecision(12)));
  return found;
}

/** Chance that can be repeated: the same seed gives the same run. */

export class Random {
  /** @param {number} seed */
  constructor(seed) {
    this.state = seed >>> 0;
  }

  /** From 0 to below 1: the generator mulberry32, by Tommy Ettinger. */
  uniform() {
    this.state = (this.state + 0x6d2b79f5) >>> 0;
    let mixed = this.state;
    mixed = Math.imul(mixed ^ (mixed >>> 15), mixed | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  }

  /** Normally distributed around 0 with a standard deviation of 1 (Box and Muller, 1958). */
  normal() {
    return Math.sqrt(-2 * Math.log(1 - this.uniform())) * Math.cos(2 * Math.PI * this.uniform());
  }

  /**
   * Puts numbers in a random order (Fisher and Yates, 1938).
   *
   * @param {Int32Array} numbers
   */
  shuffle(numbers) {
    for (let place = numbers.length - 1; place > 0; place--) {
      const other = Math.floor(this.uniform() * (place + 1));
      [numbers[place], numbers[other]] = [numbers[other], numbers[place]];
    }
  }
}

/** A pseudo-random number generator: the same seed gives the same sequence. */

export class Random {
  /** @param {number} seed */
  constructor(seed) {
    this.state = seed >>> 0;
  }

  /** Return a number in [0, 1), using mulberry32 by Tommy Ettinger. */
  uniform() {
    this.state = (this.state + 0x6d2b79f5) >>> 0;
    let mixed = this.state;
    mixed = Math.imul(mixed ^ (mixed >>> 15), mixed | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  }

  /** Return a number from the standard normal distribution (Box and Muller, 1958). */
  normal() {
    return Math.sqrt(-2 * Math.log(1 - this.uniform())) * Math.cos(2 * Math.PI * this.uniform());
  }

  /**
   * Shuffle in place (Fisher and Yates, 1938).
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

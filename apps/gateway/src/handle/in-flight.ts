/** How many requests are under way, and how many there were. */
export class InFlight {
  #count = 0;
  #total = 0;

  get count(): number {
    return this.#count;
  }

  /** Since the process started. */
  get total(): number {
    return this.#total;
  }

  opened(): void {
    this.#count += 1;
    this.#total += 1;
  }

  closed(): void {
    this.#count -= 1;
  }
}

/** Children of a node: with four the heap is half as deep as with two, and they share a cache line. */
const ARITY = 4

const FIRST_CAPACITY = 64

function grown<T extends Float64Array | Int32Array | Uint8Array>(from: T, into: T): T {
  into.set(from)
  return into
}

/**
 * Timers by due time, those that are due at the same time by the order in which they were added. A heap in typed arrays, so that
 * millions of timers cost little more than their callbacks, and a cancelled one is gone at once: most are cancelled.
 */
export class TimerHeap {
  /** By position in the heap; no timer is due before its parent, which is at (i − 1) / 4. */
  #dueMs = new Float64Array(FIRST_CAPACITY)
  #slots = new Int32Array(FIRST_CAPACITY)
  /** By slot; a timer keeps its slot while it moves in the heap. */
  #positions = new Int32Array(FIRST_CAPACITY)
  #sequences = new Float64Array(FIRST_CAPACITY)
  #quiet = new Uint8Array(FIRST_CAPACITY)
  readonly #callbacks: ((() => void) | undefined)[] = []
  readonly #freeSlots: number[] = []
  #size = 0
  #sequence = 0

  /** When the first timer is due, ms; Infinity when there is none. */
  get firstDueMs(): number {
    return this.#size === 0 ? Infinity : this.#dueMs[0]
  }

  /** Whether the first timer was added as a quiet one. */
  get firstIsQuiet(): boolean {
    return this.#quiet[this.#slots[0]] === 1
  }

  /** @returns what cancels it: nothing happens once it has been taken or cancelled */
  add(dueMs: number, callback: () => void, quiet = false): () => void {
    const slot = this.#freeSlots.pop() ?? this.#callbacks.length
    if (slot >= this.#slots.length) this.#makeRoom()
    const sequence = this.#sequence++
    this.#callbacks[slot] = callback
    this.#sequences[slot] = sequence
    this.#quiet[slot] = Number(quiet)
    this.#rise(this.#size++, dueMs, slot)
    return () => {
      if (this.#sequences[slot] === sequence) this.#remove(slot)
    }
  }

  /** Removes the first timer. */
  takeFirst(): (() => void) | undefined {
    if (this.#size === 0) return undefined
    const slot = this.#slots[0]
    const callback = this.#callbacks[slot]
    this.#remove(slot)
    return callback
  }

  #makeRoom(): void {
    const capacity = 2 * this.#slots.length
    this.#dueMs = grown(this.#dueMs, new Float64Array(capacity))
    this.#sequences = grown(this.#sequences, new Float64Array(capacity))
    this.#quiet = grown(this.#quiet, new Uint8Array(capacity))
    this.#slots = grown(this.#slots, new Int32Array(capacity))
    this.#positions = grown(this.#positions, new Int32Array(capacity))
  }

  #remove(slot: number): void {
    const hole = this.#positions[slot]
    this.#callbacks[slot] = undefined
    this.#sequences[slot] = -1
    this.#freeSlots.push(slot)
    const last = --this.#size
    if (hole === last) return
    const dueMs = this.#dueMs[last]
    const moved = this.#slots[last]
    if (hole > 0 && this.#isBefore(dueMs, moved, (hole - 1) >> 2)) this.#rise(hole, dueMs, moved)
    else this.#sink(hole, dueMs, moved)
  }

  /** Whether a timer goes before the one at a position. */
  #isBefore(dueMs: number, slot: number, position: number): boolean {
    const otherMs = this.#dueMs[position]
    return dueMs < otherMs || (dueMs === otherMs && this.#sequences[slot] < this.#sequences[this.#slots[position]])
  }

  #put(position: number, dueMs: number, slot: number): void {
    this.#dueMs[position] = dueMs
    this.#slots[position] = slot
    this.#positions[slot] = position
  }

  #rise(from: number, dueMs: number, slot: number): void {
    let at = from
    while (at > 0) {
      const parent = (at - 1) >> 2
      if (!this.#isBefore(dueMs, slot, parent)) break
      this.#put(at, this.#dueMs[parent], this.#slots[parent])
      at = parent
    }
    this.#put(at, dueMs, slot)
  }

  #sink(from: number, dueMs: number, slot: number): void {
    let at = from
    for (let first = ARITY * at + 1; first < this.#size; first = ARITY * at + 1) {
      const child = this.#firstOf(first, Math.min(first + ARITY, this.#size))
      if (this.#isBefore(dueMs, slot, child)) break
      this.#put(at, this.#dueMs[child], this.#slots[child])
      at = child
    }
    this.#put(at, dueMs, slot)
  }

  /** The position of the first timer among those from `from` until before `to`. */
  #firstOf(from: number, to: number): number {
    let first = from
    for (let i = from + 1; i < to; i++) {
      if (this.#isBefore(this.#dueMs[i], this.#slots[i], first)) first = i
    }
    return first
  }
}

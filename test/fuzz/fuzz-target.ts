import type fc from 'fast-check'

/** A codec, and inputs for it as a hostile peer would make them. */
export interface FuzzTarget {
  readonly name: string
  readonly input: fc.Arbitrary<unknown>
  /** Throws, or rejects, where the codec does anything but return a value or refuse with an error that has a code. */
  check(input: never): void | Promise<void>
}

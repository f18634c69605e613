import { MARK, sharedClockNs, STAMP_DIGITS, TOKEN_KINDS } from './chat.ts'

const MARK_BYTES = Buffer.from(MARK)
const WHOLE = MARK_BYTES.length + STAMP_DIGITS
const DONE = Buffer.from('data: [DONE]')
/** No mark ends later than this before the end of what came, unless it is whole. */
const CARRY = Math.max(WHOLE, DONE.length) - 1

/** Reads a stream as it comes: counts its tokens, by their marks, and sees whether they are in order and came to their end. */
export class StreamCheck {
  tokens = 0
  done = false
  inOrder = true
  private rest: Buffer = Buffer.alloc(0)
  private readonly paced: boolean
  private readonly delaysUs: number[] | undefined

  /** @param delaysUs of a paced stream: where to write how long each token took, µs; nowhere where it is left out */
  constructor(paced: boolean, delaysUs?: number[]) {
    this.paced = paced
    this.delaysUs = delaysUs
  }

  read(chunk: Buffer): void {
    const data = this.rest.length === 0 ? chunk : Buffer.concat([this.rest, chunk])
    let next = 0
    for (let at = data.indexOf(MARK_BYTES); at >= 0 && at + WHOLE <= data.length; at = data.indexOf(MARK_BYTES, next)) {
      next = at + WHOLE
      this.token(Number(data.toString('latin1', at + MARK_BYTES.length, next)))
    }
    if (data.includes(DONE)) this.done = true
    this.rest = data.subarray(Math.max(next, data.length - CARRY))
  }

  private token(stamp: number): void {
    if (this.paced) this.delaysUs?.push((sharedClockNs() - stamp) / 1000)
    else if (stamp !== this.tokens % TOKEN_KINDS) this.inOrder = false
    this.tokens += 1
  }
}

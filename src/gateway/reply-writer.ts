import type { OutgoingHttpHeader, ServerResponse } from 'node:http'

export type AnswerHeaders = Record<string, OutgoingHttpHeader>

/** Text that waits longer than this is written at once, chars. */
const MOST_WAITING_CHARS = 16_384

/**
 * Writes an answer: nothing until its first text, then what comes within one turn of the event loop in one write, and no more than the
 * client takes.
 */
export class ReplyWriter {
  readonly #response: ServerResponse
  readonly #headers: () => AnswerHeaders
  #waiting = ''
  #scheduled: NodeJS.Immediate | undefined

  /** @param headers asked for with the first byte */
  constructor(response: ServerResponse, headers: () => AnswerHeaders) {
    this.#response = response
    this.#headers = headers
  }

  /** Whether anything was sent, or is about to be. */
  get started(): boolean {
    return this.#waiting !== '' || this.#response.headersSent
  }

  /** @returns a promise where the client is slow: of when there is room, or nobody to write to */
  write(text: string): Promise<void> | undefined {
    this.#waiting += text
    if (this.#waiting.length >= MOST_WAITING_CHARS) return this.#flush() ? undefined : this.#room()
    if (this.#response.writableNeedDrain) return this.#room()
    this.#scheduled ??= setImmediate(() => {
      this.#flush()
    })
    return undefined
  }

  end(text: string, status = 200): void {
    const last = this.#waiting + text
    this.#waiting = ''
    clearImmediate(this.#scheduled)
    const response = this.#response
    if (response.destroyed || response.writableEnded) return
    // With its length: one write, and no chunks.
    if (!response.headersSent) response.writeHead(status, { ...this.#headers(), 'content-length': Buffer.byteLength(last) })
    response.end(last)
  }

  #flush(): boolean {
    clearImmediate(this.#scheduled)
    this.#scheduled = undefined
    const response = this.#response
    const text = this.#waiting
    this.#waiting = ''
    if (text === '' || response.destroyed || response.writableEnded) return true
    if (!response.headersSent) response.writeHead(200, this.#headers())
    return response.write(text)
  }

  #room(): Promise<void> {
    const response = this.#response
    return new Promise((resolve) => {
      const done = () => {
        response.off('drain', done)
        response.off('close', done)
        // What waited while there was no room.
        if (this.#waiting !== '') this.#flush()
        resolve()
      }
      if (response.destroyed) {
        done()
        return
      }
      response.on('drain', done)
      response.on('close', done)
    })
  }
}

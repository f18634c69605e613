import { createParser } from 'eventsource-parser'
import { PeerbanditError } from '../core/errors.ts'

/** Cuts the text of a stream into its records. */
export interface Framing {
  /** Piece by piece, cut anywhere. @throws ERR_PROTOCOL for a record that is too long, and whatever the receiver throws */
  feed(text: string): void
  /** Nothing more comes: a last record may lack its end. */
  end(): void
}

/** @param maxLength most characters of a record @param onRecord takes each one's text */
export type OpenFraming = (maxLength: number, onRecord: (text: string) => void) => Framing

function tooLong(maxLength: number): PeerbanditError {
  return new PeerbanditError('ERR_PROTOCOL', `a piece of a stream must have at most ${maxLength} characters, got more`)
}

/** Room for `data: ` and whatever else a line has beside what counts. */
const SLACK = 64

/** Server-sent events: the data of each. */
export const eventStream: OpenFraming = (maxLength, onRecord) => {
  let overflowed = false
  const parser = createParser({
    maxBufferSize: maxLength + SLACK,
    onEvent: ({ data }) => {
      if (data.length > maxLength) throw tooLong(maxLength)
      onRecord(data)
    },
    onError: ({ type }) => {
      overflowed ||= type === 'max-buffer-size-exceeded'
    }
  })
  const feed = (text: string) => {
    parser.feed(text)
    if (overflowed) throw tooLong(maxLength)
  }
  return {
    feed,
    end: () => {
      feed('\n\n')
    }
  }
}

/** A JSON document a line: each line that is not blank. */
export const jsonLines: OpenFraming = (maxLength, onRecord) => {
  let rest: string[] = []
  let restLength = 0
  const take = (line: string) => {
    if (line.length > maxLength) throw tooLong(maxLength)
    if (line.trim() !== '') onRecord(line)
  }
  const feed = (text: string) => {
    let start = 0
    for (let end = text.indexOf('\n'); end >= 0; end = text.indexOf('\n', start)) {
      const line = text.slice(start, end)
      start = end + 1
      const whole = rest.length === 0 ? line : rest.join('') + line
      rest = []
      restLength = 0
      take(whole)
    }
    if (start === text.length) return
    rest.push(text.slice(start))
    restLength += text.length - start
    if (restLength > maxLength + SLACK) throw tooLong(maxLength)
  }
  return {
    feed,
    end: () => {
      feed('\n')
    }
  }
}

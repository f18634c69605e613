import type { Dispatcher } from 'undici'
import type { Rng } from '../../../../src/core/rng.ts'
import { requestBody } from '../chat.ts'
import { StreamCheck } from '../stream-check.ts'

/** Requests that a gateway sees in a day: what they are, and how many in a hundred. */
const MIX = { reply: 40, flood: 25, paced: 15, abort: 10, 'bad JSON': 4, 'unknown model': 3, 'unknown path': 3 } as const
export type Kind = keyof typeof MIX
export const KINDS = Object.keys(MIX) as Kind[]

const STREAM_TOKENS = 40
/** Aborted ones go away early. */
const TOKENS_BEFORE_ABORT = 3

export function kindBy(rng: Rng): Kind {
  let left = rng.next() * 100
  return KINDS.find((kind) => (left -= MIX[kind]) < 0) ?? 'reply'
}

function bodyOf(kind: Kind): string {
  switch (kind) {
    case 'reply':
    case 'flood':
      return requestBody(kind, STREAM_TOKENS)
    case 'paced':
    case 'abort':
      return requestBody('paced', STREAM_TOKENS)
    case 'bad JSON':
      return '{"model": "instant", "messages": ['
    case 'unknown model':
      return requestBody('reply', 1).replace('"instant"', '"no-such-model"')
    case 'unknown path':
      return requestBody('reply', 1)
  }
}

const BODIES = new Map(KINDS.map((kind) => [kind, Buffer.from(bodyOf(kind))]))

/** What was wrong with an answer. */
function faultOf(kind: Kind, status: number, stream: StreamCheck): string | undefined {
  if (kind === 'bad JSON' || kind.startsWith('unknown')) {
    return status >= 400 && status < 500 ? undefined : `status ${status} in place of 4xx`
  }
  if (status !== 200) return `status ${status}`
  if (kind === 'reply' || (stream.tokens === STREAM_TOKENS && stream.done)) return undefined
  return `${stream.tokens} tokens of ${STREAM_TOKENS}`
}

export interface Destination {
  readonly dispatcher: Dispatcher
  /** Of /v1/chat/completions. */
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
}

/** Sends one request and reads all of the answer, or aborts it. @returns what was wrong; never throws */
export function sendMixed({ dispatcher, path, headers }: Destination, kind: Kind): Promise<string | undefined> {
  return new Promise((resolve) => {
    let status = 0
    let aborted = false
    const stream = new StreamCheck(kind !== 'flood')
    dispatcher.dispatch(
      {
        path: kind === 'unknown path' ? `${path}/none` : path,
        method: 'POST',
        headers: { ...headers, 'content-type': 'application/json' },
        body: BODIES.get(kind)
      },
      {
        // Undici asks for it, and nothing is to be done.
        onRequestStart: () => undefined,
        onResponseStart: (_controller, statusCode) => {
          status = statusCode
        },
        onResponseData: (controller, chunk) => {
          stream.read(chunk)
          if (kind !== 'abort' || stream.tokens < TOKENS_BEFORE_ABORT) return
          aborted = true
          controller.abort(new Error('aborted on purpose'))
        },
        onResponseEnd: () => {
          resolve(faultOf(kind, status, stream))
        },
        onResponseError: (_controller, error) => {
          resolve(aborted ? undefined : error.message)
        }
      }
    )
  })
}

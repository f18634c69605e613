import { create, fromBinary, toBinary } from '@bufbuild/protobuf'
import fc from 'fast-check'
import { PeerbanditError } from '../../../src/core/errors.ts'
import { eventsFromCrowdllama, requestFromCrowdllama } from '../../../src/network/crowdllama/messages.ts'
import { MAX_MESSAGE_BYTES } from '../../../src/network/crowdllama/protocols.ts'
import { type BaseMessage, BaseMessageSchema } from '../../../src/network/generated/crowdllama/llama_pb.ts'
import { UINT32_LENGTH } from '../../../src/network/length-prefix.ts'
import type { FuzzTarget } from '../fuzz-target.ts'
import { eventualValueOrRefusal, valueOrRefusal } from '../verdict.ts'

const int32 = fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 })

const answers = fc
  .record({
    model: fc.string(),
    response: fc.oneof(
      fc.string({ unit: 'grapheme' }),
      fc.string().map((text) => `Error: ${text}`)
    ),
    done: fc.boolean(),
    doneReason: fc.constantFrom('', 'stop', 'overloaded', 'x'),
    evalCount: int32,
    promptEvalCount: int32,
    context: fc.array(int32, { maxLength: 3 })
  })
  .map((value) => {
    const message = create(BaseMessageSchema, { message: { case: 'generateResponse', value } })
    return UINT32_LENGTH.encode(toBinary(BaseMessageSchema, message))
  })

/** Right ones with some bytes of them changed. */
const changed = fc.tuple(answers, fc.array(fc.tuple(fc.nat(), fc.nat(255)), { maxLength: 4 })).map(([bytes, changes]) => {
  for (const [at, value] of changes) bytes[at % bytes.length] = value
  return bytes
})

/** The message of a frame, or undefined where the frame is cut short. */
async function messageIn(frame: Uint8Array): Promise<BaseMessage | undefined> {
  let at = 1
  const take = (count: number) => {
    if (at + count > frame.length) throw new PeerbanditError('ERR_PROTOCOL', 'cut short')
    return Promise.resolve(frame.subarray(at, (at += count)))
  }
  const length = await UINT32_LENGTH.read(frame[0], take, (announced) => {
    if (announced > MAX_MESSAGE_BYTES) throw new PeerbanditError('ERR_PROTOCOL', 'too long')
  })
  const bytes = await take(length ?? 0)
  try {
    return fromBinary(BaseMessageSchema, bytes)
  } catch {
    return undefined
  }
}

const REQUEST = { jobId: 'job', model: 'm', prompt: 'hello', promptTokens: 0, maxTokens: 10 }

function checkAnswer([tokens, done]: ReturnType<typeof eventsFromCrowdllama>): void {
  const counted = tokens.kind === 'tokens' && tokens.count >= 1 && tokens.count <= tokens.text.length * 1.5
  const ended = done.kind === 'done' && done.promptTokens >= 1 && Number.isFinite(done.outputTokens)
  if (!counted || !ended) throw new Error(`an answer that cannot be: ${JSON.stringify([tokens, done])}`)
}

export const target: FuzzTarget = {
  name: 'frames of CrowdLlama',
  input: fc.oneof(fc.uint8Array({ minLength: 1, maxLength: 80 }), answers, changed),
  async check(frame: Uint8Array) {
    const message = await eventualValueOrRefusal(() => messageIn(frame))
    if (message === undefined) return
    const answer = valueOrRefusal(() => eventsFromCrowdllama(message, REQUEST))
    if (answer !== undefined) checkAnswer(answer)
    valueOrRefusal(() => requestFromCrowdllama(message))
  }
}

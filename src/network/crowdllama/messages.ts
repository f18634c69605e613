import { create } from '@bufbuild/protobuf'
import { PeerbanditError } from '../../core/errors.ts'
import { EngineError, RequestError } from '../../router/transport.ts'
import type { InferenceEvent, InferenceRequest } from '../../router/transport.ts'
import { type BaseMessage, BaseMessageSchema, type GenerateResponse } from '../generated/crowdllama/llama_pb.ts'
import { estimateTokens } from './estimate-tokens.ts'
import { ERROR_PREFIX, OVERLOADED } from './protocols.ts'

// Between CrowdLlama's messages, which may hold anything that a peer cares to send, and the values that the rest of the code relies on.

const SHOWN_CHARACTERS = 500

/**
 * What a worker is asked. Only a model and one prompt travel, never a limit, and never `stream`: workers fail when asked for one.
 * A chat travels as the one text that it is already: the content of its only message, or all messages behind their roles.
 * @throws RequestError where the request is for an embedding, which no worker makes
 */
export function requestToCrowdllama({ model, prompt, call }: InferenceRequest): BaseMessage {
  if (call?.endpoint === 'embedding') {
    throw new RequestError(400, { message: 'workers of a CrowdLlama network make no embeddings', type: 'invalid_request_error' })
  }
  return create(BaseMessageSchema, {
    message: { case: 'generateRequest', value: { model, prompt, stream: false } }
  })
}

/**
 * Whether a worker says that it failed. CrowdLlama's own then name no model; the prefix alone is believed only where no reason for the
 * end of an answer is given, since an answer may well begin with "Error: ".
 */
function isFailure({ model, response, doneReason }: GenerateResponse): boolean {
  return model === '' || (response.startsWith(ERROR_PREFIX) && (doneReason === '' || doneReason === OVERLOADED))
}

function failureOf({ response, doneReason }: GenerateResponse): EngineError {
  const text = response.startsWith(ERROR_PREFIX) ? response.slice(ERROR_PREFIX.length) : response
  const message = text === '' ? 'the worker named neither a model nor an error' : text.slice(0, SHOWN_CHARACTERS)
  return new EngineError(doneReason === OVERLOADED ? 'overloaded' : 'engine', message)
}

/** A count is a claim, and more tokens in the same time are a better record: it has to be what the text can be. */
const LEAST_OF_ESTIMATE = 0.5
const MOST_OF_ESTIMATE = 1.5

function believable(count: number, text: string): number {
  const estimate = estimateTokens(text)
  return count >= LEAST_OF_ESTIMATE * estimate && count <= MOST_OF_ESTIMATE * estimate ? count : estimate
}

function protocolError(problem: string): PeerbanditError {
  return new PeerbanditError('ERR_PROTOCOL', `a response of a CrowdLlama worker must ${problem}`)
}

/**
 * What a worker answered: its text in one piece, and the end.
 *
 * Tokens are estimated from the text where the worker does not count them, or counts what cannot be. Durations are not looked at: the
 * router measures for itself, and CrowdLlama's workers write the time of day in their place.
 * @throws EngineError where the worker says that it failed, or answers nothing; ERR_PROTOCOL where it sends no finished response
 */
export function eventsFromCrowdllama({ message }: BaseMessage, request: InferenceRequest): InferenceEvent[] {
  if (message.case !== 'generateResponse') throw protocolError(`hold a GenerateResponse, got ${message.case ?? 'nothing'}`)
  const { value } = message
  if (isFailure(value)) throw failureOf(value)
  if (!value.done) throw protocolError('be done, got one that goes on')
  const { response: text, promptEvalCount, evalCount } = value
  if (text === '') throw new EngineError('engine', 'the worker answered with an empty text')
  const count = believable(evalCount, text)
  const promptTokens = request.promptTokens > 0 ? request.promptTokens : believable(promptEvalCount, request.prompt)
  return [
    { kind: 'tokens', text, count },
    { kind: 'done', promptTokens, outputTokens: count }
  ]
}

/** What a worker was asked. @throws ERR_PROTOCOL where it is no request, or names no model */
export function requestFromCrowdllama({ message }: BaseMessage): { readonly model: string; readonly prompt: string } {
  if (message.case !== 'generateRequest') {
    throw new PeerbanditError('ERR_PROTOCOL', `a request must hold a GenerateRequest, got ${message.case ?? 'nothing'}`)
  }
  const { model, prompt } = message.value
  if (model === '') throw new PeerbanditError('ERR_PROTOCOL', 'a request must name a model, got none')
  return { model, prompt }
}

/** That a worker failed, as CrowdLlama's own say it. */
export function failureToCrowdllama(
  message: string,
  workerId: string,
  { overloaded }: { readonly overloaded: boolean }
): BaseMessage {
  const value = { response: `${ERROR_PREFIX}${message}`, done: true, doneReason: overloaded ? OVERLOADED : '', workerId }
  return create(BaseMessageSchema, { message: { case: 'generateResponse', value } })
}

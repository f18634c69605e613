import { create } from '@bufbuild/protobuf'
import type { MessageInitShape } from '@bufbuild/protobuf'
import { PeerbanditError } from '../core/errors.ts'
import { show } from '../core/check.ts'
import type { LoadReport } from '../job/outcome.ts'
import { type Claims, MAX_FIGURE } from '../peer/observation.ts'
import { EngineError } from '../router/transport.ts'
import type { InferenceEvent, InferenceRequest } from '../router/transport.ts'
import { InferenceFrameSchema, InferenceRequestSchema } from './generated/peerbandit_pb.ts'
import type {
  Claims as ClaimsMessage,
  InferenceFrame,
  InferenceRequest as RequestMessage,
  LoadReport as LoadMessage
} from './generated/peerbandit_pb.ts'

// Between messages, which may hold anything that a peer cares to send, and the values that the rest of the code relies on.

function must(ok: boolean, field: string, wanted: string, value: unknown): void {
  if (!ok) throw new PeerbanditError('ERR_PROTOCOL', `${field} must be ${wanted}, got ${show(value)}`)
}

function figure(field: string, value: number): number {
  must(value >= 0 && value <= MAX_FIGURE, field, `from 0 to ${MAX_FIGURE}`, value)
  return value
}

export function loadFromWire({ slots, running, queued, tokensPerSecond, cpuRatio }: LoadMessage): LoadReport {
  must(slots >= 1, 'load.slots', 'at least 1', slots)
  figure('load.tokensPerSecond', tokensPerSecond)
  if (cpuRatio === undefined) return { slots, running, queued, tokensPerSecond }
  must(cpuRatio >= 0 && cpuRatio <= 1, 'load.cpuRatio', 'between 0 and 1', cpuRatio)
  return { slots, running, queued, tokensPerSecond, cpuRatio }
}

export function claimsFromWire({ models, tokensPerSecond, gpuModel, vramGb, loadRatio }: ClaimsMessage): Claims {
  figure('claims.tokensPerSecond', tokensPerSecond)
  figure('claims.vramGb', vramGb)
  figure('claims.loadRatio', loadRatio)
  return { models, tokensPerSecond, gpuModel, vramGb, loadRatio }
}

export function requestToWire(request: InferenceRequest): RequestMessage {
  return create(InferenceRequestSchema, { ...request })
}

export function requestFromWire({ jobId, model, prompt, promptTokens, maxTokens }: RequestMessage): InferenceRequest {
  must(model !== '', 'request.model', 'a string that is not empty', model)
  must(maxTokens >= 1, 'request.maxTokens', 'at least 1', maxTokens)
  return { jobId, model, prompt, promptTokens, maxTokens }
}

type FrameInit = MessageInitShape<typeof InferenceFrameSchema>['frame']

function frame(value: FrameInit): InferenceFrame {
  return create(InferenceFrameSchema, { frame: value })
}

export function eventToWire(event: InferenceEvent): InferenceFrame {
  switch (event.kind) {
    case 'tokens':
      return frame({ case: 'tokens', value: { text: event.text, count: event.count, load: event.load } })
    case 'done': {
      const { promptTokens, outputTokens, load } = event
      return frame({ case: 'done', value: { promptTokens, outputTokens, load } })
    }
  }
}

export function failureToWire({ reason, message }: EngineError): InferenceFrame {
  return frame({ case: 'failure', value: { reason, message } })
}

/** @throws EngineError for a failure frame, ERR_PROTOCOL for an empty or absurd one */
export function eventFromWire({ frame }: InferenceFrame): InferenceEvent {
  switch (frame.case) {
    case 'tokens': {
      const { text, count, load } = frame.value
      must(count >= 1, 'tokens.count', 'at least 1', count)
      const tokens = { kind: 'tokens', text, count } as const
      return load === undefined ? tokens : { ...tokens, load: loadFromWire(load) }
    }
    case 'done': {
      const { promptTokens, outputTokens, load } = frame.value
      const done = { kind: 'done', promptTokens, outputTokens } as const
      return load === undefined ? done : { ...done, load: loadFromWire(load) }
    }
    case 'failure': {
      const { reason, message } = frame.value
      // A reason that this version does not know is still the peer's own failure.
      throw new EngineError(reason === 'overloaded' ? 'overloaded' : 'engine', message)
    }
    case undefined:
      throw new PeerbanditError('ERR_PROTOCOL', 'a frame must hold tokens, done or failure, got none of them')
  }
}

import type { AbortOptions } from '../../core/abort.ts'
import type { PeerId } from '../../job/decision.ts'
import type { LoadReport } from '../../job/outcome.ts'
import { workTokens } from '../../job/job.ts'
import type { Claims } from '../../peer/observation.ts'
import { TransportError } from '../../router/failure.ts'
import { EngineError, type InferenceEvent, type InferenceRequest, type Transport } from '../../router/transport.ts'
import { isWithin, type PeerNature } from './behaviours.ts'
import { type BatchingEngine, batchingEngine } from '../engine/engine.ts'
import { type ResolvedBatchingEngineOptions, resolveEngineOptions } from '../engine/engine-options.ts'
import { answerTokensOf } from '../engine/prompt.ts'
import { workloadClassOf } from '../workload/workload.ts'
import { VirtualCall } from './virtual-call.ts'
import type { VirtualTime } from './virtual-time.ts'

/** What only the simulator knows of a peer: for bounds, never for a rule that competes. */
export interface PeerTruth {
  /** Whether a request sent now would be run. */
  readonly serving: boolean
  readonly engine: ResolvedBatchingEngineOptions
  /** Speed of a job that would run alone now, tokens/s. */
  tokensPerSecond(): number
  /** Work left of every job that it has, in tokens: those that run, that wait, and that are still on their way to it. */
  backlog(): readonly number[]
}

/** A peer in virtual time: an engine, a distance, and behaviours. */
export interface VirtualPeer {
  readonly id: PeerId
  readonly present: boolean
  readonly claims: Claims
  readonly truth: PeerTruth
  /** Of a message between it and a router, by its number, sent now. */
  roundTripMs(router?: number): number
  /** What it says of its load now. */
  load(): LoadReport
  /** Calls back when its connections are cut. */
  onDeparture(listener: () => void): void
  infer(request: InferenceRequest, options: AbortOptions, router?: number): AsyncIterable<InferenceEvent>
}

class Peer implements VirtualPeer, PeerTruth {
  readonly engine: ResolvedBatchingEngineOptions
  readonly #time: VirtualTime
  readonly #nature: PeerNature
  readonly #gpu: BatchingEngine
  readonly #calls = new Set<VirtualCall>()
  readonly #onTheWay = new Map<VirtualCall, number>()
  readonly #departureListeners: (() => void)[] = []
  #present: boolean

  constructor(time: VirtualTime, nature: PeerNature) {
    this.#time = time
    this.#nature = nature
    this.engine = resolveEngineOptions({ ...nature.engine, speed: nature.speed })
    this.#gpu = batchingEngine({ clock: time, timers: time.quiet }, this.engine)
    this.#present = !isWithin(nature.away, time.now())
    for (const { fromMs, toMs } of nature.away) {
      if (fromMs > time.now()) time.after(fromMs - time.now(), () => this.#depart())
      time.quiet.after(toMs - time.now(), () => (this.#present = true))
    }
  }

  get id(): PeerId {
    return this.#nature.name
  }

  get present(): boolean {
    return this.#present
  }

  get claims(): Claims {
    return this.#nature.claims
  }

  get truth(): PeerTruth {
    return this
  }

  get serving(): boolean {
    return this.#present && this.#nature.answer(this.#time.now()) === 'runs'
  }

  tokensPerSecond(): number {
    return this.engine.tokensPerSecond * this.#nature.speed(this.#time.now())
  }

  backlog(): readonly number[] {
    return [...this.#gpu.backlog(), ...this.#onTheWay.values()]
  }

  roundTripMs(router?: number): number {
    return this.#nature.roundTripMs(this.#time.now(), router)
  }

  load(): LoadReport {
    return this.#nature.report(this.#gpu.load())
  }

  onDeparture(listener: () => void): void {
    this.#departureListeners.push(listener)
  }

  infer(request: InferenceRequest, { signal }: AbortOptions, router?: number): AsyncIterable<InferenceEvent> {
    return { [Symbol.asyncIterator]: () => this.#call(request, signal, router) }
  }

  #call(request: InferenceRequest, signal: AbortSignal | undefined, router: number | undefined): VirtualCall {
    signal?.throwIfAborted()
    if (!this.#present) throw new TransportError('unreachable', `${this.id} is not there`)
    const stop = () => {
      call.fail(signal?.reason)
    }
    const call = new VirtualCall(this.#time, {
      halfTripMs: () => this.roundTripMs(router) / 2,
      onLeave: () => {
        signal?.removeEventListener('abort', stop)
        this.#calls.delete(call)
        this.#onTheWay.delete(call)
      }
    })
    signal?.addEventListener('abort', stop, { once: true })
    this.#calls.add(call)
    this.#onTheWay.set(call, workTokens(request.promptTokens, answerTokensOf(request)))
    call.request(() => {
      this.#onTheWay.delete(call)
      this.#serve(request, call)
    })
    return call
  }

  #serve(request: InferenceRequest, call: VirtualCall): void {
    const answer = this.#nature.answer(this.#time.now(), workloadClassOf(request.maxTokens))
    if (answer === 'nothing') return
    if (answer !== 'runs') {
      this.#time.after(answer.failsAfterMs, () => {
        call.replyFailure(new EngineError('engine', `${this.id} cannot run jobs`), this.#time.now())
      })
      return
    }
    try {
      this.#stream(request, call)
    } catch (error) {
      call.replyFailure(error, this.#time.now())
    }
  }

  #stream(request: InferenceRequest, call: VirtualCall): void {
    const stallsAfter = this.#nature.stallsAfter(request.jobId, answerTokensOf(request))
    let produced = 0
    const job = this.#gpu.start(request, {
      text: () => {
        const event = job.take()
        if (event === undefined) return
        produced += event.count
        if (produced <= stallsAfter) call.reply({ ...event, load: this.load() }, this.#time.now())
      },
      ended: () => {
        try {
          const done = job.done()
          if (stallsAfter === Infinity) call.reply({ ...done, load: this.load() }, this.#time.now())
        } catch (error) {
          call.replyFailure(error, this.#time.now())
        }
      }
    })
    call.onHangUp(() => {
      job.stop()
    })
  }

  #depart(): void {
    this.#present = false
    for (const call of this.#calls) call.cut(new TransportError('disconnected', `${this.id} went away`))
    for (const listener of this.#departureListeners) listener()
  }
}

export function virtualPeer(time: VirtualTime, nature: PeerNature): VirtualPeer {
  return new Peer(time, nature)
}

/**
 * Carries jobs to the peers: half a round trip to get there, and half for every piece that comes back.
 * @param router whose it is: round trips may depend on it
 */
export function virtualTransport(peers: readonly VirtualPeer[], router?: number): Transport {
  const byId = new Map(peers.map((peer) => [peer.id, peer]))
  return {
    infer(id, request, options) {
      const peer = byId.get(id)
      if (peer === undefined) throw new TransportError('unreachable', `there is no peer ${id}`)
      return peer.infer(request, options, router)
    }
  }
}

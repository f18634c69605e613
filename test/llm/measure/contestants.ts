import OpenAI from 'openai'
import { systemClock } from '../../../src/core/clock.ts'
import { type Answer, ask, openAiClient, type Progress, type Question } from '../ask.ts'
import { metricOf } from '../client.ts'
import { startServe } from '../serve.ts'
import type { ModelServer } from '../start-model-server.ts'
import { SERVER_NAMES, type ServerName } from './fleet.ts'

type Servers = Readonly<Record<ServerName, ModelServer>>

/** An answer, and who began it. */
export type Placed<T> = Omit<T, 'peer'> & { readonly peer: string }

/** A way to choose servers, at work. */
export interface Running {
  /** @throws whatever made the answer fail */
  ask(question: Question, onPiece: (progress: Placed<Progress>) => void): Promise<Placed<Answer>>
  /** Answers that broke off at one server and went on at another, until now. */
  continued(): Promise<number>
  stop(): Promise<void>
}

export interface Contestant {
  readonly name: string
  readonly what: string
  start(servers: Servers, seed: number): Promise<Running>
}

const peerbandit: Contestant = {
  name: 'peerbandit',
  what: '`peerbandit serve` as it comes, with an empty journal',
  start: async (servers, seed) => {
    const served = await startServe({ servers, seed })
    const components = { client: openAiClient(served.url), clock: systemClock }
    const peerOf = ({ peer }: { readonly peer: string | undefined }) => peer ?? 'nobody'
    return {
      ask: async (question, onPiece) => {
        const answer = await ask(components, question, (progress) => {
          onPiece({ ...progress, peer: peerOf(progress) })
        })
        return { ...answer, peer: peerOf(answer) }
      },
      continued: () => metricOf(served.url, 'peerbandit_gateway_attempts_failed_total{kept="true"}').catch(() => 0),
      stop: async () => {
        await served.stop()
      }
    }
  }
}

/** A client that goes to the servers itself. @param order of those to try, until one takes the job */
function direct(servers: Servers, order: () => readonly ServerName[]): Running {
  const components = SERVER_NAMES.map((name) => [name, { client: openAiClient(servers[name].url), clock: systemClock }] as const)
  const byName = new Map(components)
  return {
    ask: async (question, onPiece) => {
      let refusal: unknown
      for (const peer of order()) {
        let begun = false
        try {
          const answer = await ask(byName.get(peer)!, question, (progress) => {
            begun = true
            onPiece({ ...progress, peer })
          })
          return { ...answer, peer }
        } catch (error) {
          // Only where a server was not reached: what the client has seen cannot be begun again.
          if (begun || !(error instanceof OpenAI.APIConnectionError)) throw error
          refusal = error
        }
      }
      throw refusal
    },
    continued: () => Promise.resolve(0),
    stop: () => Promise.resolve()
  }
}

const roundRobin: Contestant = {
  name: 'round robin',
  what: 'the servers in turn; the next one where a server cannot be reached',
  start: (servers) => {
    let turn = 0
    const order = () => {
      const at = turn++ % SERVER_NAMES.length
      return [...SERVER_NAMES.slice(at), ...SERVER_NAMES.slice(0, at)]
    }
    return Promise.resolve(direct(servers, order))
  }
}

const alwaysFirst: Contestant = {
  name: 'always the first',
  what: 'every job to the fast server',
  start: (servers) => Promise.resolve(direct(servers, () => SERVER_NAMES.slice(0, 1)))
}

export const CONTESTANTS: readonly Contestant[] = [peerbandit, roundRobin, alwaysFirst]

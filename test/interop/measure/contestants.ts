import { systemClock } from '../../../src/core/clock.ts'
import { memoryJournal } from '../../../src/journal/level-journal.ts'
import { crowdllamaFleet } from '../../../src/network/crowdllama/fleet.ts'
import { openRouter } from '../../../src/router/router.ts'
import { untilFleet } from '../../network/crowdllama/support.ts'
import { askGateway, isWhole } from '../ask-gateway.ts'
import { awaitWorkers, startConsumer } from '../peers.ts'
import type { MixedSwarm } from './mixed-swarm.ts'
import type { Ask } from './run.ts'

/** A model that every worker claims. */
const MODEL = 'tinyllama'

/** What a client that sets no limit leaves open. */
const UNKNOWN_ANSWER = { expectedOutputTokens: 256, deadlineMs: 60_000 }

/** Something that chooses among the workers of a swarm, ready to be asked. */
interface RunningContestant {
  readonly ask: Ask
  stop(): Promise<void>
}

export interface Contestant {
  readonly name: string
  /** Resolves when it knows all workers. */
  start(swarm: MixedSwarm): Promise<RunningContestant>
}

/** CrowdLlama's consumer: its peer manager chooses, its gateway asks, nothing is tried again. */
const crowdllama: Contestant = {
  name: 'CrowdLlama',
  async start(swarm) {
    const consumer = await startConsumer({ bootstrap: [swarm.bootstrap.address] })
    try {
      await awaitWorkers(consumer, MODEL, swarm.workers.length)
    } catch (error) {
      await consumer.stop()
      throw error
    }
    return {
      async ask(prompt, signal) {
        const answer = await askGateway(consumer.ready.url!, { model: MODEL, prompt, signal })
        if (isWhole(answer)) return { whole: true }
        return { whole: false, failure: answer.error ?? (answer.text.startsWith('Error: ') ? 'worker error' : 'empty answer') }
      },
      stop: () => consumer.stop()
    }
  }
}

/** A router of ours in its place, as it is where nothing is configured. It knows no more of an answer's length than CrowdLlama does. */
const peerbandit: Contestant = {
  name: 'peerbandit',
  async start(swarm) {
    const components = { clock: systemClock, timers: systemClock }
    const router = await openRouter(
      {
        clock: systemClock,
        journal: await memoryJournal({}, components),
        fleet: (selection) => crowdllamaFleet(selection, systemClock, { bootstrap: [swarm.bootstrap.address] })
      },
      { seed: BigInt(swarm.seed) }
    )
    const { fleet } = router
    await untilFleet(fleet, () => fleet.members(MODEL).length >= swarm.workers.length)
    let jobs = 0
    return {
      async ask(text, signal) {
        const job = { id: `job-${++jobs}`, model: MODEL, workloadClass: 'interactive', promptTokens: 4, ...UNKNOWN_ANSWER }
        for await (const { kind } of router.run(job, { text, maxTokens: job.expectedOutputTokens }, { signal })) {
          if (kind === 'done') return { whole: true }
        }
        return { whole: false, failure: 'no end' }
      },
      stop: () => router.stop()
    }
  }
}

export const CONTESTANTS: readonly Contestant[] = [crowdllama, peerbandit]

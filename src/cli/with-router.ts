import { sleep } from '../core/abort.ts'
import { systemClock } from '../core/clock.ts'
import { PeerbanditError } from '../core/errors.ts'
import { openJournal } from '../journal/level-journal.ts'
import { type RouterNode, startRouter } from '../swarm/router-node.ts'
import type { SwarmFile } from './swarm-file.ts'

export interface WithRouterOptions {
  readonly network: SwarmFile
  readonly journal: string
  /** Longest wait for the first peer that serves the model, ms. */
  readonly waitMs: number
  readonly signal: AbortSignal
}

/** After the first peer was found, others of the same answer are given this long to be connected and measured too. */
const SETTLE_MS = 1000

/** Runs work with a router that has joined the network and found peers, and puts everything away afterwards. */
export async function withRouter(options: WithRouterOptions, work: (node: RouterNode) => Promise<void>): Promise<void> {
  const { network, journal, waitMs, signal } = options
  const log = await openJournal(journal, {}, { clock: systemClock, timers: systemClock })
  const node = await startRouter(
    { clock: systemClock, journal: log },
    {
      bootstrap: network.bootstrap,
      models: [network.model],
      seed: BigInt(Math.floor(systemClock.wall())),
      watch: { discoveryIntervalMs: 1000, probeIntervalMs: 2000 }
    }
  ).catch(async (error: unknown) => {
    await log.close()
    throw error
  })
  try {
    await firstMember(node, network.model, waitMs, signal)
    await sleep(systemClock, SETTLE_MS, { signal })
    await work(node)
  } finally {
    await node.stop()
  }
}

async function firstMember(node: RouterNode, model: string, waitMs: number, signal: AbortSignal): Promise<void> {
  const untilMs = systemClock.now() + waitMs
  while (node.watch.members(model).length === 0) {
    if (systemClock.now() > untilMs) {
      throw new PeerbanditError(
        'ERR_NO_ELIGIBLE_PEER',
        `no peer that serves ${model} was found within ${waitMs} ms; is the bootstrap address right, and does a worker run?`
      )
    }
    await sleep(systemClock, 50, { signal })
  }
}

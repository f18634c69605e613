import { sleep } from '../core/abort.ts'
import { systemClock } from '../core/clock.ts'
import { PeerbanditError } from '../core/errors.ts'
import { openJournal } from '../journal/level-journal.ts'
import { type RouterNode, startRouter } from '../swarm/router-node.ts'
import { modelStore } from '../throughput/model-store.ts'
import { type ThroughputModel, throughputModel } from '../throughput/throughput-model.ts'
import type { SwarmFile } from './swarm-file.ts'

export interface WithRouterOptions {
  readonly network: SwarmFile
  readonly journal: string
  /** A directory of throughput models: the one that serves says where newcomers start. @default none */
  readonly throughput?: string
  /** Longest wait for the first peer that serves the model, ms. */
  readonly waitMs: number
  readonly signal: AbortSignal
}

/** After the first peer was found, others of the same answer are given this long to be connected and measured too. */
const SETTLE_MS = 1000

function announce(line: string): void {
  process.stderr.write(`${line}\n`)
}

/** A router runs without a model too: what is wrong with one is said in a line. */
async function servingModel(directory: string): Promise<ThroughputModel | undefined> {
  const { model, name, reason } = await modelStore(directory).serving()
  if (reason !== undefined) {
    announce(`throughput: ${model === undefined ? 'no model is used' : `the earlier model ${name} is used`}: ${reason}`)
  }
  return model === undefined ? undefined : throughputModel(model)
}

/** Runs work with a router that has joined the network and found peers, and puts everything away afterwards. */
export async function withRouter(options: WithRouterOptions, work: (node: RouterNode) => Promise<void>): Promise<void> {
  const { network, journal, waitMs, signal } = options
  const throughput = options.throughput === undefined ? undefined : await servingModel(options.throughput)
  const log = await openJournal(journal, {}, { clock: systemClock, timers: systemClock })
  const node = await startRouter(
    { clock: systemClock, journal: log, announce },
    {
      bootstrap: network.bootstrap,
      models: [network.model],
      ...(throughput !== undefined && { throughput }),
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

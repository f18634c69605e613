import { systemClock } from '../../../src/core/clock.ts'
import { messageOf } from '../../../src/core/errors.ts'
import { formatMs } from '../../../src/experiment/format.ts'
import { progress } from '../model/timing.ts'
import { type Backend, type LoadGenerator, startBackend, startLoadGenerator } from './children.ts'
import { DIRECT, GATEWAYS } from './contestants.ts'
import { type Launched, launchGateway } from './launched.ts'
import { measureRound, type Plan, type Round, type Target, warmUp } from './measure.ts'
import { type Memory, measureMemory } from './memory.ts'
import type { GatewayBenchOptions } from './options.ts'
import { turnsOf } from './order.ts'
import { type Results, resultsOf, type Unavailable } from './results.ts'

interface Field {
  readonly gateways: readonly Launched[]
  readonly unavailable: readonly Unavailable[]
}

interface Bench {
  readonly load: LoadGenerator
  readonly plan: Plan
  /** Ends it after the load under way. */
  readonly signal: AbortSignal
}

/** Starts all, side by side. One that cannot be had is told of and left out. */
async function launchAll(names: readonly string[], backendUrl: string, signal: AbortSignal): Promise<Field> {
  const chosen = GATEWAYS.filter(({ name }) => names.includes(name))
  const tried = await Promise.allSettled(
    chosen.map(async (contestant) => {
      const gateway = await launchGateway(contestant, backendUrl, systemClock, signal)
      progress(`${gateway.name} ${gateway.version} answered after ${formatMs(gateway.startMs)}`)
      return gateway
    })
  )
  const gateways = tried.flatMap((each) => (each.status === 'fulfilled' ? [each.value] : []))
  const unavailable = tried.flatMap((each, i) =>
    each.status === 'rejected' ? [{ name: chosen[i].name, reason: messageOf(each.reason) }] : []
  )
  for (const { name, reason } of unavailable) progress(`not ${name}: ${reason}`)
  return { gateways, unavailable }
}

/** @returns rounds by contestant */
async function measureRounds(targets: readonly Target[], { load, plan, signal }: Bench): Promise<Map<string, Round[]>> {
  const rounds = new Map<string, Round[]>(targets.map(({ name }) => [name, []]))
  for (const target of targets) {
    signal.throwIfAborted()
    progress(`warming up ${target.name}`)
    await warmUp(load, target, plan)
  }
  for (let round = 0; round < plan.rounds; round++) {
    for (const target of turnsOf(targets, plan.seed, round)) {
      signal.throwIfAborted()
      progress(`round ${round + 1} of ${plan.rounds}: ${target.name}`)
      rounds.get(target.name)!.push(await measureRound(load, target, plan))
    }
  }
  return rounds
}

async function measureMemories(gateways: readonly Launched[], { load, plan, signal }: Bench) {
  const memories = new Map<string, Memory | undefined>()
  for (const gateway of gateways) {
    signal.throwIfAborted()
    progress(`memory over ${plan.requests} requests: ${gateway.name}`)
    memories.set(gateway.name, await measureMemory(load, gateway, plan))
  }
  return memories
}

async function measureField({ url }: Backend, field: Field, bench: Bench): Promise<Results> {
  const direct = { name: DIRECT, version: '', setup: 'no gateway', url: `${url}/chat/completions`, headers: {} }
  const rounds = await measureRounds([direct, ...field.gateways], bench)
  const memories = await measureMemories(field.gateways, bench)
  const seen = [direct, ...field.gateways].map(({ name, version, setup, ...more }) => ({
    ...{ name, version, setup },
    ...('startMs' in more ? { startMs: more.startMs } : {}),
    rounds: rounds.get(name)!,
    memory: memories.get(name)
  }))
  return resultsOf(bench.plan, seen, field.unavailable)
}

/** The whole benchmark; whatever it started has ended when it returns. @throws the reason of the signal */
export async function runGatewayBench(
  { plan, names }: Pick<GatewayBenchOptions, 'plan' | 'names'>,
  signal: AbortSignal
): Promise<Results> {
  const backend = await startBackend(plan.pacedIntervalMs)
  const load = startLoadGenerator()
  let field: Field = { gateways: [], unavailable: [] }
  try {
    field = await launchAll(names, backend.url, signal)
    return await measureField(backend, field, { load, plan, signal })
  } finally {
    await Promise.all(field.gateways.map((gateway) => gateway.stop()))
    load.stop()
    backend.stop()
  }
}

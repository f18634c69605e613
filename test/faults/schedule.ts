import { sleep } from '../../src/core/abort.ts'
import { systemClock } from '../../src/core/clock.ts'
import type { Rng } from '../../src/core/rng.ts'
import { type Fault, FAULT_MODES } from './echo-words.ts'
import type { EchoProcess } from './processes.ts'

/** What happens to one server for a while. */
interface Episode {
  readonly server: EchoProcess
  readonly what: 'kill' | 'stop' | Fault
  readonly forMs: number
}

/** Servers that may be in trouble at the same time; the others are well. */
const AT_ONCE = 2
/** How long all are away, beside the time that they take to start, ms. */
const MOMENT_MS = 200
const MODES = FAULT_MODES.filter((mode) => mode !== 'ok')

function between(rng: Rng, least: number, most: number): number {
  return least + rng.next() * (most - least)
}

function pick<T>(rng: Rng, list: readonly T[]): T {
  return list[Math.floor(rng.next() * list.length)]
}

function drawn(rng: Rng, servers: readonly EchoProcess[]): Episode {
  const server = pick(rng, servers)
  const what = pick(rng, ['kill', 'stop', ...MODES] as const)
  const forMs = between(rng, 300, 2_500)
  if (what === 'kill' || what === 'stop') return { server, what, forMs }
  const after = rng.next() < 0.5 ? undefined : Math.floor(between(rng, 0, 12))
  return { server, what: { mode: what, share: between(rng, 0.3, 1), ...(after === undefined ? {} : { after }) }, forMs }
}

async function befall({ server, what, forMs }: Episode, signal: AbortSignal): Promise<void> {
  const over = () => sleep(systemClock, forMs, { signal }).catch(() => undefined)
  if (what === 'kill') {
    await server.kill()
    await over()
    await server.start()
  } else if (what === 'stop') {
    server.stop()
    await over()
    server.goOn()
  } else {
    await server.fault(what)
    await over()
    await server.fault({ mode: 'ok' })
  }
}

/**
 * Troubles servers, each drawn from the generator, two of them at a time at most, and now and then all for a moment, until the signal
 * aborts; then all are well again.
 * @returns how often each thing was done
 */
export async function trouble(servers: readonly EchoProcess[], rng: Rng, signal: AbortSignal): Promise<Map<string, number>> {
  const done = new Map<string, number>()
  const busy = new Set<EchoProcess>()
  const free = () => servers.filter((server) => !busy.has(server))
  const pause = (least: number, most: number) => sleep(systemClock, between(rng, least, most), { signal }).catch(() => undefined)
  const count = (what: string) => {
    done.set(what, (done.get(what) ?? 0) + 1)
  }
  const one = async () => {
    while (!signal.aborted) {
      const well = free()
      if (well.length > 0) {
        const { server, what, forMs } = drawn(rng, well)
        busy.add(server)
        await befall({ server, what, forMs }, signal)
        count(typeof what === 'string' ? what : what.mode)
        busy.delete(server)
      }
      await pause(50, 400)
    }
  }
  const everybody = async () => {
    for (await pause(3_000, 9_000); !signal.aborted; await pause(3_000, 9_000)) {
      const well = free()
      for (const server of well) busy.add(server)
      await Promise.all(well.map((server) => befall({ server, what: 'kill', forMs: MOMENT_MS }, signal)))
      count('kill all that are well')
      for (const server of well) busy.delete(server)
    }
  }
  await Promise.all([everybody(), ...Array.from({ length: AT_ONCE }, one)])
  return done
}

// npm run soak: an hour of mixed requests on one gateway, and what becomes of its memory.
import { mkdir, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import { exitStatusOf, report, untilStopped } from '../../../src/cli/exit.ts'
import { systemClock } from '../../../src/core/clock.ts'
import { progress } from '../model/timing.ts'
import { startBackend } from './children.ts'
import { GATEWAYS } from './contestants.ts'
import { launchGateway } from './launched.ts'
import { thisMachine } from './results.ts'
import { runSoak, type SoakResult } from './soak/run-soak.ts'
import { type SoakCommand, soakCommand } from './soak/soak-options.ts'

const PACED_INTERVAL_MS = 20

interface Soaked {
  readonly name: string
  readonly version: string
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  readonly pid: number
  stop(): Promise<void>
}

async function gatewayOf({ gateway, url, pid }: SoakCommand, signal: AbortSignal): Promise<Soaked> {
  if (url !== undefined && pid !== undefined) {
    return { name: url, version: '', url, pid, headers: {}, stop: () => Promise.resolve() }
  }
  const backend = await startBackend(PACED_INTERVAL_MS)
  try {
    const contestant = GATEWAYS.find(({ name }) => name === gateway)!
    const launched = await launchGateway(contestant, backend.url, systemClock, signal)
    const stop = async () => {
      await launched.stop()
      backend.stop()
    }
    return { ...launched, stop }
  } catch (error) {
    backend.stop()
    throw error
  }
}

function conclusion({ rss, verdict, counts }: SoakResult, limit: number): string {
  const failures = Object.entries(counts.failures).map(([what, count]) => `wrong: ${count} times ${what}`)
  const slope =
    rss === undefined
      ? 'too few samples for a slope'
      : `RSS over the last half: ${rss.slope.toFixed(2)} MB an hour (95 %: ${rss.low.toFixed(2)} to ${rss.high.toFixed(2)})`
  return [...failures, `${verdict}: ${slope}; limit ${limit}`].join('\n')
}

async function soak(command: SoakCommand, signal: AbortSignal): Promise<void> {
  const { minutes, rate, seed, sampleSeconds, limit, out } = command
  const gateway = await gatewayOf(command, signal)
  try {
    const { name, version, url, headers, pid } = gateway
    progress(`${name} ${version}, process ${pid}: ${minutes} min at ${rate} requests/s`)
    const result = await runSoak({
      ...{ url, headers, pid, minutes, seed, sampleSeconds, signal },
      metricsUrl: command.metrics ?? new URL('/metrics', url).href,
      perSecond: rate,
      limitMbPerHour: limit,
      clock: systemClock,
      write: progress
    })
    await mkdir(dirname(out), { recursive: true })
    await writeFile(out, `${JSON.stringify({ name, version, machine: thisMachine(), seed, limit, ...result }, undefined, 2)}\n`)
    process.stdout.write(`${conclusion(result, limit)}\n`)
    if (result.verdict === 'grows' || Object.keys(result.counts.failures).length > 0) process.exitCode = 1
  } finally {
    await gateway.stop()
  }
}

const stopped = untilStopped()
try {
  await soak(soakCommand(process.argv.slice(2)), stopped.signal)
} catch (error) {
  report(error)
  process.exitCode = exitStatusOf(error)
} finally {
  stopped.release()
}

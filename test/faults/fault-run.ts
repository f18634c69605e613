// npm run test:faults: the whole daemon over real processes, while its servers and it itself are killed, stopped and garbled.
// How the two sides are matched: every answer has the header x-peerbandit-decision; the journal knows that decision and its job. A job
// of a complete answer must have one success, and every success must be of a job whose client got the whole answer. Clients that left
// on purpose may or may not have one; what was under way when the router was killed may be missing at either side, and is counted.
import { writeFile } from 'node:fs/promises'
import { Command } from 'commander'
import { integerFrom } from '../../src/cli/arguments.ts'
import { systemClock } from '../../src/core/clock.ts'
import type { Asking } from './client.ts'
import { faultRun } from './run.ts'
import { verdictOf } from './verdict.ts'
import { verdictText } from './verdict-text.ts'

interface Given {
  readonly requests: number
  readonly concurrency: number
  readonly seed: number
  readonly json?: string
  readonly killRouter: boolean
}

const LEAST_BETWEEN_LINES_MS = 5_000

function progressLines(total: number): (asking: Asking, done: number) => void {
  const endings = new Map<string, number>()
  let toldMs = systemClock.now()
  return ({ ending }, done) => {
    endings.set(ending.kind, (endings.get(ending.kind) ?? 0) + 1)
    if (done < total && systemClock.now() - toldMs < LEAST_BETWEEN_LINES_MS) return
    toldMs = systemClock.now()
    process.stderr.write(`${done} of ${total}: ${[...endings].map(([kind, count]) => `${kind} ${count}`).join(', ')}\n`)
  }
}

const command = new Command('test:faults')
  .description('drives a real router in front of real servers while they fail, and checks every answer and the journal')
  .option('--requests <n>', 'how many', integerFrom(1), 10_000)
  .option('--concurrency <n>', 'clients at a time', integerFrom(1), 32)
  .option('--seed <n>', 'of the requests and of what goes wrong', integerFrom(0), 1)
  .option('--no-kill-router', 'restarts the router with SIGTERM only')
  .option('--json <file>', 'writes the figures there')
  .parse()

const { json, ...options } = command.opts<Given>()
const verdict = verdictOf(await faultRun({ ...options, progress: progressLines(options.requests) }))
if (json !== undefined) await writeFile(json, `${JSON.stringify(verdict, undefined, 2)}\n`)
process.stdout.write(`${verdictText(verdict)}\n`)
if (verdict.violations.length > 0) process.exitCode = 1

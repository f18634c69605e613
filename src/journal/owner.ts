import { readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Clock } from '../core/clock.ts'

/**
 * Who has a journal open. LevelDB's lock says only that it is taken, so a file beside the database says by whom. The file
 * locks nothing: it may be left over from a process that was killed, and is looked at only when the lock is taken.
 */
interface Owner {
  readonly pid: number
  readonly command: string
  /** ISO 8601 */
  readonly startedAt: string
}

function ownerFile(location: string): string {
  return join(location, 'owner.json')
}

export async function writeOwner(location: string, clock: Clock): Promise<void> {
  const owner: Owner = { pid: process.pid, command: process.argv.join(' '), startedAt: new Date(clock.wall()).toISOString() }
  await writeFile(ownerFile(location), `${JSON.stringify(owner)}\n`)
}

export async function removeOwner(location: string): Promise<void> {
  await rm(ownerFile(location), { force: true })
}

/** The owner in words, with the command that shows the process. */
export async function describeOwner(location: string): Promise<string> {
  const unknown = `a process that left no name; \`fuser ${join(location, 'LOCK')}\` shows it`
  try {
    const { pid, command, startedAt } = JSON.parse(await readFile(ownerFile(location), 'utf8')) as Partial<Owner>
    if (!Number.isInteger(pid)) return unknown
    return `process ${String(pid)} (${String(command)}, since ${String(startedAt)}); \`ps -fp ${String(pid)}\` shows it`
  } catch {
    return unknown
  }
}

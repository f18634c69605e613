import { readdir, readFile } from 'node:fs/promises'

/** Of a process and all that come from it. */
export interface Usage {
  /** Resident memory, MB (10⁶ bytes). Pages that two processes share count twice. */
  readonly rssMb: number
  /** Time on processors since the start, s, in steps of 10 ms. */
  readonly cpuSeconds: number
}

const TICKS_A_SECOND = 100
const KB = 1024

/** "VmRSS:     1234 kB" of /proc/PID/status, in MB (10⁶ bytes). 0 without the line: a process that has ended. */
export function rssMbOf(status: string): number {
  return (Number(/^VmRSS:\s+(\d+) kB/m.exec(status)?.[1] ?? 0) * KB) / 1e6
}

/** The parent, and the time on processors, out of /proc/PID/stat. The name before them may hold anything, brackets too. */
export function statOf(stat: string): { readonly parent: number; readonly cpuSeconds: number } {
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return { parent: Number(fields[1]), cpuSeconds: (Number(fields[11]) + Number(fields[12])) / TICKS_A_SECOND }
}

/** Texts of all processes that there are. Some may end meanwhile. */
async function statsByPid(): Promise<Map<number, ReturnType<typeof statOf>>> {
  const pids = (await readdir('/proc')).map(Number).filter(Number.isInteger)
  const found = await Promise.allSettled(
    pids.map(async (pid) => [pid, statOf(await readFile(`/proc/${pid}/stat`, 'utf8'))] as const)
  )
  return new Map(found.flatMap((each) => (each.status === 'fulfilled' ? [each.value] : [])))
}

/** What a process and its descendants use; undefined where there is no /proc, and for a process that is gone. */
export async function usageOf(pid: number): Promise<Usage | undefined> {
  const stats = await statsByPid().catch(() => new Map<number, ReturnType<typeof statOf>>())
  if (!stats.has(pid)) return undefined
  const family = [pid]
  // Grows while it is walked: children of children come too.
  for (const member of family) for (const [other, { parent }] of stats) if (parent === member) family.push(other)
  const statuses = await Promise.all(family.map((member) => readFile(`/proc/${member}/status`, 'utf8').catch(() => '')))
  return {
    rssMb: statuses.reduce((sum, status) => sum + rssMbOf(status), 0),
    cpuSeconds: family.reduce((sum, member) => sum + stats.get(member)!.cpuSeconds, 0)
  }
}

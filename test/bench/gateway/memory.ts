import type { LoadGenerator } from './children.ts'
import type { Target } from './measure.ts'
import { usageOf } from './process-usage.ts'

export interface Memory {
  readonly requests: number
  /** Right answers among them. */
  readonly answers: number
  /** Resident, before and after the requests, MB (10⁶ bytes). */
  readonly beforeMb: number
  readonly afterMb: number
  /** Time on processors over requests. */
  readonly cpuUsPerRequest: number
}

/** What many requests leave behind in a gateway, and what each costs it. Undefined where the system does not say. */
export async function measureMemory(
  load: LoadGenerator,
  { url, headers, pid }: Target & { readonly pid: number },
  { requests, connections }: { readonly requests: number; readonly connections: number }
): Promise<Memory | undefined> {
  const before = await usageOf(pid)
  const { answers } = await load.run({ url, headers, shape: 'reply', tokens: 1, connections, requests })
  const after = await usageOf(pid)
  if (before === undefined || after === undefined) return undefined
  return {
    requests,
    answers,
    beforeMb: before.rssMb,
    afterMb: after.rssMb,
    cpuUsPerRequest: (1e6 * (after.cpuSeconds - before.cpuSeconds)) / requests
  }
}

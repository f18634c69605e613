import type { Timers } from '../core/clock.ts'

export interface HostFacts {
  /** First GPU of the machine, "" when it has none that the system names. */
  readonly gpuModel: string
  /** Its memory in GB, 0 when unknown. */
  readonly vramGb: number
}

const GB_PER_MB = 1 / 1024

/** What the machine has, from the operating system. */
export async function hostFacts(): Promise<HostFacts> {
  const { graphics } = await import('systeminformation')
  const { controllers } = await graphics()
  const gpu = controllers.find(({ vram }) => vram !== null && vram > 0) ?? controllers[0]
  return { gpuModel: gpu?.model ?? '', vramGb: Math.round((gpu?.vram ?? 0) * GB_PER_MB) }
}

/** Samples the load of the machine's processors in the background, so that a reply never waits for it. */
export interface HostLoad {
  /** 0–1, of the last interval; undefined before the first sample. */
  cpuRatio(): number | undefined
  stop(): void
}

export function hostLoad(timers: Timers, { intervalMs = 2000 }: { readonly intervalMs?: number } = {}): HostLoad {
  let ratio: number | undefined
  let stopped = false
  let cancel: () => void = () => undefined

  async function sample(): Promise<void> {
    const { currentLoad } = await import('systeminformation')
    const load = await currentLoad()
    ratio = Math.min(1, Math.max(0, load.currentLoad / 100))
  }

  function again(): void {
    if (stopped) return
    cancel = timers.after(intervalMs, () => {
      // A sample that fails leaves the last one standing.
      sample().then(again, again)
    })
  }

  sample().then(again, again)
  return {
    cpuRatio: () => ratio,
    stop() {
      stopped = true
      cancel()
    }
  }
}

import { systemClock } from '../../../src/core/clock.ts'
import { crowdllamaFleet, type CrowdllamaFleet, type CrowdllamaFleetOptions } from '../../../src/network/crowdllama/fleet.ts'
import { crowdllamaBootstrap, crowdllamaNode } from '../../../src/network/crowdllama/node.ts'
import { serveCrowdllama, type ServeCrowdllamaOptions } from '../../../src/network/crowdllama/serve-crowdllama.ts'
import type { NetworkNode } from '../../../src/network/node.ts'
import type { Claims } from '../../../src/peer/observation.ts'
import type { Engine } from '../../../src/router/transport.ts'
import { createSelection, type Selection } from '../../../src/selector/selection.ts'
import { ANY_PORT, emptyLoad, someClaims, stopLater } from '../support.ts'

export const FAST_WATCH = { discoveryIntervalMs: 200, probeIntervalMs: 100, longestIntervalMs: 200, timeoutMs: 2_000 } as const

export async function startBootstrap(): Promise<NetworkNode> {
  return stopLater(await crowdllamaBootstrap({ listen: [ANY_PORT] }))
}

/** A node that listens, without a protocol of its own. */
export async function startBareNode(bootstrap: readonly string[] = []): Promise<NetworkNode> {
  return stopLater(await crowdllamaNode({ listen: [ANY_PORT], role: 'server', bootstrap }))
}

/** Says one text, whatever it is asked. */
export function sayingEngine(text: string, { tokensPerSecond = 40 }: { readonly tokensPerSecond?: number } = {}): Engine {
  return {
    load: () => emptyLoad({ running: 1, tokensPerSecond }),
    // eslint-disable-next-line @typescript-eslint/require-await
    async *infer() {
      const words = text.split(' ')
      for (const [i, word] of words.entries()) yield { kind: 'tokens', text: i === 0 ? word : ` ${word}`, count: 1 }
      yield { kind: 'done', promptTokens: 5, outputTokens: words.length }
    }
  }
}

interface WorkerSetup {
  readonly bootstrap: readonly string[]
  readonly engine?: Engine
  readonly claims?: Partial<Claims>
  readonly options?: ServeCrowdllamaOptions
}

export async function startWorker({ bootstrap, engine = sayingEngine('yes it is'), claims, options }: WorkerSetup) {
  const node = await startBareNode(bootstrap)
  stopLater(await serveCrowdllama(node, engine, someClaims(claims), { advertiseIntervalMs: 1_000, ...options }))
  return node
}

/** A router's side of the network. */
export async function startFleet(
  bootstrap: readonly string[],
  options: Partial<CrowdllamaFleetOptions> = {}
): Promise<{ readonly selection: Selection; readonly fleet: CrowdllamaFleet }> {
  const selection = createSelection()
  const fleet = await crowdllamaFleet(selection, systemClock, {
    ...options,
    bootstrap,
    watch: { ...FAST_WATCH, ...options.watch }
  })
  return { selection, fleet: stopLater(fleet) }
}

/** Resolves when it holds, looked at whenever the membership may have changed. */
export async function untilFleet(fleet: CrowdllamaFleet, holds: () => boolean): Promise<void> {
  if (holds()) return
  await new Promise<void>((resolve) => {
    const forget = fleet.onChange(() => {
      if (!holds()) return
      forget()
      resolve()
    })
  })
}

import type { Stream } from '@libp2p/interface'
import { byteStream } from '@libp2p/utils'
import { withDeadline } from '../../core/abort.ts'
import type { AbortOptions } from '../../core/abort.ts'
import { checkPositive } from '../../core/check.ts'
import { systemClock } from '../../core/clock.ts'
import type { Timers } from '../../core/clock.ts'
import type { PeerId } from '../../job/decision.ts'
import { asError } from '../framing.ts'
import type { NetworkNode } from '../node.ts'
import { openStream } from '../open-stream.ts'
import { readToEnd } from '../read-to-end.ts'
import type { Serving } from '../serving.ts'
import { MAX_METADATA_BYTES, type Metadata, parseMetadata, writeMetadata } from './metadata.ts'
import { CROWDLLAMA_METADATA } from './protocols.ts'

export interface MetadataOptions extends AbortOptions {
  /** For the whole exchange, dialling included, ms > 0. @default 5000, as CrowdLlama's nodes wait */
  readonly timeoutMs?: number
  readonly timers?: Timers
}

const DEFAULTS = { timeoutMs: 5_000, timers: systemClock } as const satisfies MetadataOptions

/**
 * Asks a node what it says of itself.
 * @throws ERR_TIMEOUT; ERR_PROTOCOL for what is no metadata, or another node's; TransportError; the signal's reason
 */
export async function requestMetadata(node: NetworkNode, peer: PeerId, options: MetadataOptions = {}): Promise<Metadata> {
  const { timeoutMs, timers, signal: outer } = { ...DEFAULTS, ...options }
  checkPositive('timeoutMs', timeoutMs)
  return withDeadline(timers, { ms: timeoutMs, what: `metadata of ${peer}`, signal: outer }, async (signal) => {
    const stream = await openStream(node, peer, CROWDLLAMA_METADATA, { signal, connectTimeoutMs: timeoutMs, timers })
    const bytes = await readToEnd(stream, { maxBytes: MAX_METADATA_BYTES, signal })
    await stream.close({ signal }).catch((error: unknown) => {
      stream.abort(asError(error))
    })
    return parseMetadata(bytes, peer)
  })
}

export interface ServeMetadataOptions {
  /** For writing, ms > 0. @default 5000 */
  readonly timeoutMs?: number
  /** Of the program. @default "peerbandit" */
  readonly version?: string
  readonly timers?: Timers
}

const SERVE_DEFAULTS = { timeoutMs: 5_000, version: 'peerbandit', timers: systemClock } as const satisfies ServeMetadataOptions

/** Tells whoever asks. @param metadata as it is at the moment */
export async function serveMetadata(
  node: NetworkNode,
  metadata: () => Metadata,
  options: ServeMetadataOptions = {}
): Promise<Serving> {
  const { timeoutMs, version, timers } = { ...SERVE_DEFAULTS, ...options }
  checkPositive('timeoutMs', timeoutMs)

  async function serve(stream: Stream): Promise<void> {
    try {
      await withDeadline(timers, { ms: timeoutMs, what: 'writing metadata' }, async (signal) => {
        await byteStream(stream).write(writeMetadata(metadata(), { id: node.id, version }), { signal })
        await stream.close({ signal })
      })
    } catch (error) {
      stream.abort(asError(error))
    }
  }

  await node.libp2p.handle(CROWDLLAMA_METADATA, serve)
  return {
    async stop() {
      await node.libp2p.unhandle(CROWDLLAMA_METADATA)
    }
  }
}

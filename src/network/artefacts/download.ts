import { sleep } from '../../core/abort.ts'
import type { AbortOptions } from '../../core/abort.ts'
import { checkInteger, checkNonNegative, checkPositive, checkText } from '../../core/check.ts'
import { systemClock } from '../../core/clock.ts'
import type { Clock, Timers } from '../../core/clock.ts'
import { isPeerbanditError, PeerbanditError } from '../../core/errors.ts'
import type { PeerId } from '../../job/decision.ts'
import type { Selection } from '../../selector/selection.ts'
import { findContentProviders } from '../discovery.ts'
import type { NetworkNode } from '../node.ts'
import { artefactCid, type ArtefactId } from './artefact-id.ts'
import { CHUNK_BYTES, chunkCount, MAX_CHUNKS } from './artefact-wire.ts'
import { ChunkRun, type ChunkRunLimits } from './chunk-run.ts'
import { chunkBytes, partFile, type PartFile } from './part-file.ts'
import { type Manifest, Sources, type SourcesComponents } from './sources.ts'

export interface DownloadComponents {
  readonly node: NetworkNode
  /** Chooses who sends each chunk. One of its own for downloads, with `objectives: { download: DOWNLOAD_OBJECTIVE }`. */
  readonly selection: Pick<Selection, 'selector' | 'table'>
  readonly clock?: Clock & Timers
}

export interface DownloadProgress {
  /** Who sent the chunk that just came. */
  readonly peer: PeerId
  /** Bytes that are there, and of the whole. */
  readonly doneBytes: number
  readonly size: number
}

export interface DownloadOptions extends AbortOptions {
  readonly id: ArtefactId
  /** Where it goes; what is there is replaced when the whole is there. Until then it is `<path>.part`, which the next try goes on with. */
  readonly path: string
  /** Who may have it. @default the providers in the DHT */
  readonly findPeers?: SourcesComponents['findPeers']
  /** Longest artefact that is wanted, bytes ≥ 0. @default 68719476736, 64 GiB */
  readonly maxBytes?: number
  /** Chunks of 1 MiB on their way at a time, ≥ 1; so many are in memory. @default 8 */
  readonly maxParallel?: number
  /** For dialling and agreeing on the protocol, ms > 0. @default 5000 */
  readonly connectTimeoutMs?: number
  /** How long a peer may send nothing, ms > 0. @default 5000 */
  readonly stallTimeoutMs?: number
  /** For a chunk, ms > 0. @default 60000 */
  readonly chunkTimeoutMs?: number
  /** How long no chunk may come from anybody before the download fails, ms > 0. @default 60000 */
  readonly patienceMs?: number
  /** Between two looks for peers, ms > 0. @default 5000 */
  readonly discoveryIntervalMs?: number
  /** How long other peers may take to say what the artefact is once the first has, ms ≥ 0. @default 200 */
  readonly settleMs?: number
  readonly onProgress?: (progress: DownloadProgress) => void
}

const DEFAULTS = {
  maxBytes: CHUNK_BYTES * MAX_CHUNKS,
  maxParallel: 8,
  connectTimeoutMs: 5_000,
  stallTimeoutMs: 5_000,
  chunkTimeoutMs: 60_000,
  patienceMs: 60_000,
  discoveryIntervalMs: 5_000,
  settleMs: 200
} as const

export interface DownloadedArtefact {
  readonly size: number
  /** Bytes that were there from an earlier try. */
  readonly resumedBytes: number
  /** Bytes that each peer sent and that are part of it. */
  readonly bytesByPeer: ReadonlyMap<PeerId, number>
  /** Peers that lied or sent garbage, and what they did. */
  readonly banned: ReadonlyMap<PeerId, string>
}

type Settings = DownloadOptions & typeof DEFAULTS

function resolve(options: DownloadOptions): Settings {
  const settings = { ...DEFAULTS, ...options } as Settings
  artefactCid(settings.id)
  checkText('path', settings.path)
  checkInteger('maxBytes', settings.maxBytes)
  checkNonNegative('settleMs', settings.settleMs)
  checkInteger('maxParallel', settings.maxParallel, { min: 1 })
  for (const name of ['connectTimeoutMs', 'stallTimeoutMs', 'chunkTimeoutMs', 'patienceMs', 'discoveryIntervalMs'] as const) {
    checkPositive(name, settings[name])
  }
  return settings
}

const TICK_MS = 20

class Download {
  readonly #components: Required<DownloadComponents>
  readonly #settings: Settings
  readonly #sources: Sources
  readonly #part: PartFile
  readonly #signal: AbortSignal
  readonly #bytesByPeer = new Map<PeerId, number>()
  #resumedBytes = 0
  #doneBytes = 0

  constructor(components: Required<DownloadComponents>, settings: Settings, { sources, part, signal }: Parts) {
    this.#components = components
    this.#settings = settings
    this.#sources = sources
    this.#part = part
    this.#signal = signal
  }

  async run(): Promise<DownloadedArtefact> {
    for (let first = true; ; first = false) {
      const manifest = await this.#manifest()
      const missing = await this.#missing(manifest)
      if (first) this.#resumedBytes = this.#doneBytes
      const { id } = this.#settings
      const all = await this.#fetch(manifest, missing).catch((error: unknown) => {
        if (!isPeerbanditError(error, 'ERR_JOB_FAILED') || !this.#sources.isDisputed(manifest)) throw error
        // Whoever says so sends nothing: there are others to believe.
        this.#sources.discard(manifest, 'it told digests that others dispute, and sent nothing that has them')
        return false
      })
      if (!all) continue
      if (await this.#part.finish(id)) {
        const { size } = manifest
        return { size, resumedBytes: this.#resumedBytes, bytesByPeer: this.#bytesByPeer, banned: this.#sources.banned }
      }
      // Every chunk was what its digest said, and the whole is not: the digests were a lie.
      this.#sources.discard(manifest, 'its digests are not those of the artefact')
    }
  }

  /** Waits for the first peer that says what the artefact is, and a moment for others to contradict it. */
  async #manifest(): Promise<Manifest> {
    const { id, patienceMs, settleMs } = this.#settings
    const { clock } = this.#components
    const untilMs = clock.now() + patienceMs
    let settledMs = Infinity
    for (;;) {
      const best = this.#sources.best()
      const nowMs = clock.now()
      if (best !== undefined) settledMs = Math.min(settledMs, nowMs + settleMs)
      if (best !== undefined && nowMs >= settledMs) return best
      if (nowMs > untilMs) {
        throw new PeerbanditError(
          'ERR_NO_ELIGIBLE_PEER',
          `no peer that has ${id} was found within ${patienceMs} ms; is it served?`
        )
      }
      await sleep(clock, TICK_MS, { signal: this.#signal })
    }
  }

  async #missing(manifest: Manifest): Promise<number[]> {
    const there = await this.#part.resume(manifest)
    this.#doneBytes = [...there].reduce((sum, chunk) => sum + chunkBytes(manifest, chunk), 0)
    return Array.from({ length: chunkCount(manifest.size) }, (_, chunk) => chunk).filter((chunk) => !there.has(chunk))
  }

  #fetch(manifest: Manifest, missing: readonly number[]): Promise<boolean> {
    const { node, clock, selection } = this.#components
    const { id, onProgress } = this.#settings
    const parts = { node, clock, selector: selection.selector, sources: this.#sources, part: this.#part }
    const limits: ChunkRunLimits = this.#settings
    const onChunk = ({ bytes, peer }: { readonly bytes: number; readonly peer: PeerId }) => {
      this.#doneBytes += bytes
      this.#bytesByPeer.set(peer, (this.#bytesByPeer.get(peer) ?? 0) + bytes)
      onProgress?.({ peer, doneBytes: this.#doneBytes, size: manifest.size })
    }
    return new ChunkRun(parts, limits, { id, manifest, missing, signal: this.#signal, onChunk }).run()
  }
}

interface Parts {
  readonly sources: Sources
  readonly part: PartFile
  readonly signal: AbortSignal
}

/**
 * Downloads an artefact from several peers at once. The selector chooses who sends each chunk of 1 MiB, and learns from how fast it
 * came. A chunk goes to the disk when its digest is right; the file gets its name when the digest of the whole is. A chunk that fails,
 * stalls, lies, or is late at the end is taken over by another peer; peers that are away are asked again once they are back.
 * @throws ERR_NO_ELIGIBLE_PEER when nobody was found, ERR_JOB_FAILED when no chunk came for too long, ERR_INVALID_OPTION also for a
 * path that cannot be written, the signal's reason. One download at a time to a path.
 */
export async function downloadArtefact(components: DownloadComponents, options: DownloadOptions): Promise<DownloadedArtefact> {
  const settings = resolve(options)
  const { clock = systemClock, node, selection } = components
  const { id, maxBytes, discoveryIntervalMs, connectTimeoutMs, signal: outer } = settings
  const cid = artefactCid(id)
  outer?.throwIfAborted()
  const findPeers = settings.findPeers ?? ((limit) => findContentProviders(node, cid, limit))
  const sources = new Sources(
    { node, clock, findPeers, joined: (peer) => void selection.table.add(peer, clock.wall()) },
    { id, maxBytes, intervalMs: discoveryIntervalMs, timeoutMs: connectTimeoutMs }
  )
  const stopping = new AbortController()
  const signal = outer === undefined ? stopping.signal : AbortSignal.any([outer, stopping.signal])
  const part = await partFile(settings.path)
  const searching = sources.search(signal)
  try {
    return await new Download({ clock, node, selection }, settings, { sources, part, signal }).run()
  } finally {
    stopping.abort(new Error('the download is over'))
    await searching
    await part.close()
  }
}

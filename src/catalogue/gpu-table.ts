import { readFileSync } from 'node:fs'

/** Makers of the accelerators in the table. */
type GpuVendor = 'amd' | 'apple' | 'intel' | 'nvidia' | 'qualcomm'

/**
 * What a GPU is part of. `unified`: a wide memory that CPU and GPU share by design (Apple, Strix Halo, GB10); `integrated`: a GPU on
 * the ordinary memory of a PC; `embedded`: a module such as a Jetson.
 */
type GpuKind = 'datacentre' | 'desktop' | 'embedded' | 'integrated' | 'laptop' | 'unified' | 'workstation'

/** What is known of a GPU by its name: figures of one board as its maker states them, never of several. */
export interface GpuFacts {
  /** As the maker writes it, without the maker: "GeForce RTX 4090", "A100 SXM4 80 GB", "Apple M3 Max (40-core GPU)". */
  readonly name: string
  readonly vendor: GpuVendor
  readonly architecture: string
  /** Year. */
  readonly released: number
  /** Memory of the board or module, GB. Null where the system's memory is used and its size differs from system to system. */
  readonly vramGb: number | null
  /** Peak memory bandwidth, GB/s. Of an integrated GPU: with the fastest memory that the chip takes. */
  readonly memBandwidthGbs: number
  /** Peak of the shaders (no tensor cores) in half precision, TFLOPS. Null: no such mode, or not published. */
  readonly fp16Tflops: number | null
  /** Peak of the shaders in single precision, TFLOPS. Null: not published. */
  readonly fp32Tflops: number | null
  /** Dense peak of the tensor or matrix cores: half-precision factors, single-precision sums, TFLOPS. Null: none, or not certain. */
  readonly tensorTflops: number | null
  /** Power limit as shipped, W. Null: not published. */
  readonly tdpW: number | null
  readonly kind: GpuKind
}

/** A line of data/gpus.json. */
export interface GpuEntry extends GpuFacts {
  /** Where the figures are from: `techpowerup` for all of them, or `vendor` for those that differ from it or are not there. */
  readonly origin: 'techpowerup' | 'vendor'
  /** Other names. Several GPUs may share one ("gfx1100"); then it takes the memory's size to tell which is meant. */
  readonly aliases?: readonly string[]
  /** Names that leave open which variant is meant ("A100"), and usually mean this one. */
  readonly meantBy?: readonly string[]
}

/** See data/README.md. */
const TABLE = new URL('../../data/gpus.json', import.meta.url)

let table: readonly GpuEntry[] | undefined

/** All GPUs that are known, by vendor and name. Read when first asked: most programs that load the package ask for no GPU. */
export function gpus(): readonly GpuEntry[] {
  return (table ??= JSON.parse(readFileSync(TABLE, 'utf8')) as readonly GpuEntry[])
}

import { type GpuWords, sortGpuWords } from './gpu-words.ts'

/** A GPU's name taken apart: what the name says, not whether such a GPU exists. */
export interface GpuName extends GpuWords {
  /** How many of them: "2x RTX 3090". 1 if it is not said. */
  readonly count: number
  /** Laptop GPUs share names with desktop GPUs that are far faster. */
  readonly shape: 'laptop' | 'max-q' | 'plain'
  /** How it is plugged in: "pcie", "sxm4", "nvl"; empty if it is not said. */
  readonly socket: string
  /** Memory, GB. */
  readonly vramGb: number | undefined
  /** Cores of the GPU, as Apple counts them. */
  readonly gpuCores: number | undefined
}

/** What tools write around a name. */
const AROUND = [
  /^(?:gpu|device|cuda|vulkan|rocm|metal|sycl) ?\d+ ?[:=] */, // "GPU 0: …" (nvidia-smi -L), "Device 0: …" (llama.cpp)
  /, compute capability .*$/,
  /\(uuid.*$/,
  /\/pcie\/sse2$/, // OpenGL
  // Drivers and dies in brackets: "(RADV NAVI31)", "(LLVM 17.0.6, DRM 3.54)", "(TU106)", "(rev a1)".
  /\([^()]*\b(?:radv|aco|llvm|drm|amdgpu|nvgpu|mesa|open source|rev|0x|navi ?\d\d|gfx\d|[a-z]{3} gt\d|(?:ad|ga|gb|gh|gm|gp|gv|tu)\d\d\d)[^()]*\)/g,
  /\b(?:macbook (?:pro|air)|mac (?:studio|mini|pro)|macbook|imac)\b/g
]

/** "2x RTX 3090", "8 x H100", "RTX 3090 (x2)"; never the x of "7900 XTX" or "560XT". */
const COUNT = /^(\d{1,2})(?:[x*×] ?| [x*×] )(?=[a-z0-9])|[ (][x*×] ?(\d{1,2})\)?$/
const MEMORY_SIZE = /(?<![a-z0-9.])(\d{1,6}(?:\.\d{1,3})?)[ -]?(g|gb|gib|mb|mib)(?![a-z0-9/])/
const MIB_PER_GIB = 1024
const OTHER_CORES = /\d+[ -]core (?:cpu|neural engine)\b/g
/** "40-core GPU", "(40 GPU cores)", "4P+4E+10GPU", "40-core"; never "16P+4E", which is a CPU. */
const GPU_CORES = /\b(?:\d+[a-z]\+)*(\d{1,2})gpu\b|\b(\d+)[ -]?(?:gpu[ -]cores?|cores?(?:[ -]gpu)?)\b/
const MAX_Q = /\bmax[ -]?q\b/
const LAPTOP = /\b(?:laptop|mobile|notebook)\b/
const SOCKET = /(?:\b|(?<=\d))(pci-?e|sxm\d?|nvl)(?![a-z0-9])/

function plainText(name: string): string {
  const text = name
    .replace(/[™®©]|\((?:r|tm|c)\)/gi, ' ')
    .normalize('NFKC')
    .toLowerCase()
    .replace(/[\s_]+/g, ' ')
    .trim()
  return AROUND.reduce((left, pattern) => left.replace(pattern, ' '), text).trim()
}

function gigabytes(text: string): number | undefined {
  const [, size, unit] = MEMORY_SIZE.exec(text) ?? []
  if (size === undefined) return undefined
  return unit.startsWith('g') ? Number(size) : Number(size) / MIB_PER_GIB
}

function shapeOf(text: string): GpuName['shape'] {
  if (MAX_Q.test(text)) return 'max-q'
  return LAPTOP.test(text) ? 'laptop' : 'plain'
}

/** @param name as people and tools write it, of any length that is worth reading */
export function readGpuName(name: string): GpuName {
  const text = plainText(name)
  const counted = COUNT.exec(text)
  const one = text.replace(COUNT, ' ').replace(OTHER_CORES, ' ')
  const cores = GPU_CORES.exec(one)
  const socket = SOCKET.exec(one)?.[1] ?? ''
  const model = [MEMORY_SIZE, GPU_CORES, MAX_Q, LAPTOP, SOCKET].reduce((left, pattern) => left.replace(pattern, ' '), one)
  return {
    ...sortGpuWords(model),
    count: Number(counted?.[1] ?? counted?.[2] ?? 1),
    shape: shapeOf(one),
    socket: socket.replace('-', ''),
    vramGb: gigabytes(one),
    gpuCores: cores === null ? undefined : Number(cores[1] ?? cores[2])
  }
}

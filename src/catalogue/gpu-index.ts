import { type GpuName, readGpuName } from './gpu-name.ts'
import { type GpuEntry, gpus } from './gpu-table.ts'

/** A GPU under one of its names. */
interface Candidate extends Pick<GpuName, 'shape' | 'socket' | 'gpuCores'> {
  readonly gpu: GpuEntry
  /** Brands that the name may carry. */
  readonly brands: ReadonlySet<string>
  /** Whether it is the one that is usually meant by a name that leaves the variant open. */
  readonly usual: boolean
}

/** Brands that people add although the maker dropped them: "Tesla A100", "Quadro A6000", "Radeon MI300X". */
function addedBrands({ vendor, kind }: GpuEntry, model: string): readonly string[] {
  if (vendor === 'amd') return kind === 'datacentre' ? ['radeon', 'instinct'] : ['radeon']
  if (vendor !== 'nvidia') return []
  if (kind === 'datacentre') return ['tesla']
  return /^[at]\d/.test(model) ? ['quadro', 'rtx'] : []
}

/** "4070 Ti SUPER" is also written "4070 Super Ti", "4070S Ti" and "4070TiS". */
function spellings(model: string): readonly string[] {
  const [, stem, ti] = /^(\d+)(ti)?super$/.exec(model) ?? []
  if (stem === undefined) return [model]
  return ti === undefined ? [model, `${stem}s`] : [model, `${stem}superti`, `${stem}sti`, `${stem}tis`]
}

/** What an index is asked for: the model, and the kind of memory where models differ in that only. */
function key(model: string, memory: string): string {
  return memory === '' ? model : `${model}/${memory}`
}

function candidates(gpu: GpuEntry): readonly (readonly [key: string, candidate: Candidate])[] {
  const own = readGpuName(gpu.name)
  const usualKeys = new Set(gpu.meantBy?.map((name) => readGpuName(name).model))
  return [own, ...(gpu.aliases ?? []).map(readGpuName)].flatMap((name) => {
    const { model, memory, shape } = name
    const candidate: Candidate = {
      gpu,
      shape,
      socket: name.socket === '' ? own.socket : name.socket,
      gpuCores: own.gpuCores,
      brands: new Set([...name.brands, gpu.vendor, ...addedBrands(gpu, model)]),
      usual: usualKeys.has(model)
    }
    const spelt = spellings(model).map((spelling) => [key(spelling, memory), candidate] as const)
    // "RTX 3080M": the laptop's by an older way to write it.
    const short = gpu.vendor === 'nvidia' && shape === 'laptop'
    return short ? [...spelt, [key(`${model}m`, memory), { ...candidate, shape: 'plain' as const }] as const] : spelt
  })
}

function buildIndex(): ReadonlyMap<string, readonly Candidate[]> {
  const groups = Map.groupBy(gpus().flatMap(candidates), ([model]) => model)
  return new Map([...groups].map(([model, found]) => [model, found.map(([, candidate]) => candidate)]))
}

/** Built when first asked. */
let index: ReturnType<typeof buildIndex> | undefined

function bearersOf({ model, memory }: GpuName): readonly Candidate[] {
  index ??= buildIndex()
  return index.get(key(model, memory)) ?? index.get(model) ?? []
}

/** A number alone names a consumer card: "4090", but not "4000", which could be any of four workstation cards. */
function bears(candidate: Candidate, { brands, model }: GpuName): boolean {
  const said = [...brands]
  if (!said.every((brand) => candidate.brands.has(brand))) return false
  const bare = /^\d+$/.test(model) && said.every((brand) => brand === candidate.gpu.vendor)
  return !bare || candidate.brands.has('geforce') || candidate.brands.has('rx')
}

/** A laptop's GPU is never taken for the desktop's of the same name, and the desktop's for it only where there is no desktop's. */
function ofShape(found: readonly Candidate[], shape: GpuName['shape']): readonly Candidate[] {
  const of = (wanted: GpuName['shape']) => found.filter((candidate) => candidate.shape === wanted)
  const exact = of(shape)
  if (exact.length > 0) return exact
  if (shape === 'laptop') return of('plain').filter(({ gpu }) => gpu.kind === 'laptop' || gpu.kind === 'integrated')
  return of('laptop')
}

/** Those plugged in as the name says; where GPUs of the name are not told apart by that, all of them. */
function ofSocket(found: readonly Candidate[], wanted: string): readonly Candidate[] {
  if (wanted === '' || found.every(({ socket }) => socket === '')) return found
  return found.filter(({ socket }) => socket === wanted || (wanted === 'sxm' && socket.startsWith('sxm')))
}

/** Tools report somewhat less than is sold (ECC, reserved memory, GiB), and sometimes a little more. */
const MEMORY_RATIO = { min: 0.85, max: 1.06 }

/** Those whose memory is nearest, or all of them if none is near: cards are modified, and names give the memory of other things. */
function ofMemory(found: readonly Candidate[], vramGb: number | undefined): readonly Candidate[] {
  if (vramGb === undefined) return found
  const distances = found.map(({ gpu }) => {
    const ratio = gpu.vramGb === null ? NaN : vramGb / gpu.vramGb
    return ratio >= MEMORY_RATIO.min && ratio <= MEMORY_RATIO.max ? Math.abs(ratio - 1) : Infinity
  })
  const least = Math.min(...distances)
  return least === Infinity ? found : found.filter((_, i) => distances[i] === least)
}

/** The one that is usually meant or, if the name rules that out, the one that is most like it. */
function usualOf(left: readonly Candidate[], all: readonly Candidate[]): GpuEntry | undefined {
  const gpus = new Set(left.map(({ gpu }) => gpu))
  if (gpus.size < 2) return left.at(0)?.gpu
  const usual = all.find((candidate) => candidate.usual)
  if (usual === undefined) return undefined
  const likeness = ({ gpu, socket }: Candidate) =>
    Number(gpu === usual.gpu) * 4 + Number(socket === usual.socket) * 2 + Number(gpu.vramGb === usual.gpu.vramGb)
  const best = Math.max(...left.map(likeness))
  const most = new Set(left.filter((candidate) => likeness(candidate) === best).map(({ gpu }) => gpu))
  return most.size === 1 ? [...most][0] : undefined
}

/**
 * The GPU that a name means; undefined if there is none, or if the name leaves open which one and nobody could guess.
 * @param vramGb memory of one GPU as reported, GB; passed over where it fits no variant
 */
export function chooseGpu(name: GpuName, vramGb?: number): GpuEntry | undefined {
  const named = bearersOf(name).filter((candidate) => bears(candidate, name))
  const all = ofShape(named, name.shape)
  const plugged = ofSocket(all, name.socket)
  const cored = name.gpuCores === undefined ? plugged : plugged.filter(({ gpuCores }) => gpuCores === name.gpuCores)
  return usualOf(ofMemory(ofMemory(cored, name.vramGb), vramGb), all)
}

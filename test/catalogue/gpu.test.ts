import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { findGpu, parseGpuName } from '../../src/catalogue/gpu.ts'
import { gpus } from '../../src/catalogue/gpu-table.ts'

const GPUS = gpus()

const nameOf = (name: string, vramGb?: number) => findGpu(name, { vramGb })?.name

describe('a GPU is found under the names that tools and people give it', () => {
  it.each([
    // nvidia-smi, CUDA, Ollama, llama.cpp, LocalScore
    ['NVIDIA GeForce RTX 4090', 'GeForce RTX 4090'],
    ['NVIDIA GeForce RTX 3080 Laptop GPU', 'GeForce RTX 3080 Laptop GPU'],
    ['NVIDIA GeForce RTX 4090 D', 'GeForce RTX 4090 D'],
    ['NVIDIA GeForce RTX 2080 Super with Max-Q Design', 'GeForce RTX 2080 SUPER Max-Q'],
    ['NVIDIA A100-SXM4-40GB', 'A100 SXM4 40 GB'],
    ['NVIDIA A100 80GB PCIe', 'A100 PCIe 80 GB'],
    ['NVIDIA H100 80GB HBM3', 'H100 SXM5 80 GB'],
    ['NVIDIA H100 NVL', 'H100 NVL 94 GB'],
    ['NVIDIA GH200 480GB', 'GH200 96 GB'],
    ['Tesla V100-PCIE-32GB', 'Tesla V100 PCIe 32 GB'],
    ['Tesla T4', 'Tesla T4'],
    ['NVIDIA TITAN X (Pascal)', 'TITAN X Pascal'],
    ['NVIDIA GeForce GTX TITAN X', 'GeForce GTX TITAN X'],
    ['NVIDIA RTX 6000 Ada Generation', 'RTX 6000 Ada Generation'],
    ['NVIDIA RTX A2000 8GB Laptop GPU', 'RTX A2000 8 GB Laptop GPU'],
    ['NVIDIA RTX PRO 6000 Blackwell Max-Q Workstation Edition', 'RTX PRO 6000 Blackwell Max-Q Workstation Edition'],
    ['GPU 0: NVIDIA GeForce RTX 3090 (UUID: GPU-5a1c)', 'GeForce RTX 3090'],
    ['Device 0: NVIDIA GeForce RTX 3090, compute capability 8.6, VMM: yes', 'GeForce RTX 3090'],
    ['NVIDIA GeForce RTX 4090/PCIe/SSE2', 'GeForce RTX 4090'],
    ['NVIDIA Corporation AD102 [GeForce RTX 4090] (rev a1)', 'GeForce RTX 4090'],
    ['AMD Radeon RX 7900 XTX (RADV NAVI31)', 'Radeon RX 7900 XTX'],
    ['AMD Radeon RX 7900 XTX (radeonsi, navi31, LLVM 17.0.6, DRM 3.54)', 'Radeon RX 7900 XTX'],
    ['AMD Radeon Graphics (RADV GFX1151)', 'Radeon 8060S'],
    ['AMD Radeon 780M Graphics', 'Radeon 780M'],
    ['AMD Instinct MI300X OAM', 'Instinct MI300X'],
    ['Intel(R) Arc(TM) A770 Graphics', 'Arc A770 16 GB'],
    ['Intel(R) Iris(R) Xe Graphics (TGL GT2)', 'Iris Xe Graphics'],
    ['Intel(R) Data Center GPU Max 1550', 'Data Center GPU Max 1550'],
    ['Qualcomm(R) Adreno(TM) X1-85 GPU', 'Adreno X1-85'],
    ['Apple M4 Pro 8P+4E+16GPU', 'Apple M4 Pro (16-core GPU)'],
    // people
    ['rtx4090', 'GeForce RTX 4090'],
    ['4090', 'GeForce RTX 4090'],
    ['4090 Laptop', 'GeForce RTX 4090 Laptop GPU'],
    ['RTX 3070M', 'GeForce RTX 3070 Laptop GPU'],
    ['GTX 1660S', 'GeForce GTX 1660 SUPER'],
    ['RTX 4070S Ti', 'GeForce RTX 4070 Ti SUPER'],
    ['RTX 6000Ada', 'RTX 6000 Ada Generation'],
    ['ASUS TUF RTX 4090 OC', 'GeForce RTX 4090'],
    ['Quadro A6000', 'RTX A6000'],
    ['Tesla A100', 'A100 SXM4 80 GB'],
    ['H100 SXM', 'H100 SXM5 80 GB'],
    ['RTX PRO 6000', 'RTX PRO 6000 Blackwell Workstation Edition'],
    ['DGX Spark', 'GB10'],
    ['7900 XTX', 'Radeon RX 7900 XTX'],
    ['Vega 64', 'Radeon RX Vega 64'],
    ['W7900', 'Radeon PRO W7900'],
    ['InstinctMI60', 'Radeon Instinct MI60'],
    ['Strix Halo', 'Radeon 8060S'],
    ['AMD Ryzen AI Max+ 395 w/ Radeon 8060S', 'Radeon 8060S'],
    ['Habana Gaudi2', 'Gaudi 2'],
    ['Intel PVC GPU', 'Data Center GPU Max 1550'],
    ['Apple M2 Ultra', 'Apple M2 Ultra (76-core GPU)'],
    ['Apple M3 Max (30 GPU cores)', 'Apple M3 Max (30-core GPU)'],
    ['M4 Max 16-core CPU 40-core GPU', 'Apple M4 Max (40-core GPU)'],
    ['MacBook Pro M3 Max 48GB', 'Apple M3 Max (40-core GPU)']
  ])('%s', (written, name) => {
    expect(nameOf(written)).toBe(name)
  })
})

describe('a name is of no GPU', () => {
  it.each([
    ['that does not exist', ['RTX 9999', 'RTX 3090 Super', 'RTX 4090 Ti', 'GTX 4090', 'RTX 1080', 'Apple M2 Max 40-core GPU']],
    ['of another maker', ['Radeon RTX 4090', 'AMD GeForce RTX 4090', 'NVIDIA RX 7900 XTX', 'Intel M3']],
    ['that many have', ['4000', 'RTX', 'NVIDIA', 'AMD Radeon Graphics', 'gfx1100', 'Radeon RX 7900 XT/7900 XTX']],
    ['of a part of one', ['NVIDIA A100-SXM4-40GB MIG 1g.5gb']],
    [
      'of a processor',
      ['CPU', 'AMD EPYC 7352 24-Core Processor', 'Intel Core i9-14900K', 'AMD Ryzen 7 7840HS w/ Radeon 780M Graphics']
    ],
    ['of the processor in a chip', ['Apple M1 Ultra 16P+4E']],
    ['that says nothing', ['', ' ', '-', '()', '[]', '0', '2x', 'llvmpipe (LLVM 15.0.7, 256 bits)']],
    ['with an unknown word', ['RTX 4090 Nova', 'Radeon RX 9999 (RADV GFX1151)', 'RTX 4090 '.repeat(30)]]
  ])('%s', (_, names) => {
    expect(names.filter((name) => findGpu(name) !== undefined)).toEqual([])
  })
})

describe('memory picks among variants', () => {
  it.each([
    ['RTX 3060', undefined, 'GeForce RTX 3060 12 GB'],
    ['RTX 3060', 8, 'GeForce RTX 3060 8 GB'],
    ['GeForce RTX 3060 8GB', undefined, 'GeForce RTX 3060 8 GB'],
    ['RTX 3060 12288MiB', undefined, 'GeForce RTX 3060 12 GB'],
    ['NVIDIA GeForce RTX 5060 Ti', 15.5, 'GeForce RTX 5060 Ti 16 GB'],
    ['NVIDIA GeForce RTX 5060 Ti', 7.6, 'GeForce RTX 5060 Ti 8 GB'],
    ['NVIDIA GeForce RTX 3050', 6, 'GeForce RTX 3050 6 GB'],
    ['A100', undefined, 'A100 SXM4 80 GB'],
    ['A100', 39.4, 'A100 SXM4 40 GB'],
    ['A100-PCIE', undefined, 'A100 PCIe 80 GB'],
    ['RTX 6000', 24, 'Quadro RTX 6000'],
    ['RTX 6000', 47.5, 'RTX 6000 Ada Generation'],
    ['gfx1100', 24, 'Radeon RX 7900 XTX'],
    ['gfx942', 192, 'Instinct MI300X'],
    ['Orin', 7.4, 'Jetson Orin Nano 8 GB'],
    ['Orin', 61.4, 'Jetson AGX Orin 64 GB']
  ])('%s with %s GB', (written, vramGb, name) => {
    expect(nameOf(written, vramGb)).toBe(name)
  })

  it.each([48, 0, -1, NaN, Infinity])('and is passed over where it fits none: %s GB', (vramGb) => {
    expect(nameOf('RTX 4090', vramGb)).toBe('GeForce RTX 4090')
    expect(nameOf('RTX 3080', 20)).toBe('GeForce RTX 3080')
  })
})

it.each([
  ['2x RTX 3090', 2],
  ['8xRTX 3090', 8],
  ['4 x RTX 3090', 4],
  ['2×RTX 3090', 2],
  ['RTX 3090 x2', 2],
  ['RTX 3090 (x4)', 4],
  ['0x RTX 3090', 1],
  ['RTX 3090', 1]
])('%s is %i of them', (written, count) => {
  expect(parseGpuName(written)).toEqual({ count, facts: findGpu('RTX 3090') })
})

it('counts no x of a name', () => {
  expect(parseGpuName('560XT').count).toBe(1)
  expect(parseGpuName('7900 XTX').count).toBe(1)
})

const VENDOR_WORDS = { nvidia: 'NVIDIA', amd: 'AMD', intel: 'Intel(R)', apple: 'Apple', qualcomm: 'Qualcomm' }
const anyGpu = fc.constantFrom(...GPUS)

describe('whatever the table holds', () => {
  it('is found however it is written', () => {
    const writing = fc.record({
      gpu: anyGpu,
      upper: fc.boolean(),
      separator: fc.constantFrom(' ', '-', '_', '  '),
      vendor: fc.boolean(),
      before: fc.constantFrom('', ' ', '\t'),
      after: fc.constantFrom('', ' ', ' GPU', ' Graphics', ' (TM)')
    })
    fc.assert(
      fc.property(writing, ({ gpu, upper, separator, vendor, before, after }) => {
        const text = `${before}${vendor ? `${VENDOR_WORDS[gpu.vendor]} ` : ''}${gpu.name}${after}`.replaceAll(' ', separator)
        expect(nameOf(upper ? text.toUpperCase() : text.toLowerCase())).toBe(gpu.name)
      })
    )
  })

  it('is never what a name with a suffix means that it does not have', () => {
    const suffix = fc.constantFrom(
      'Ti',
      'SUPER',
      'Ti SUPER',
      'D',
      'XT',
      'XTX',
      'GRE',
      'Max-Q',
      'Laptop GPU',
      'Mobile',
      'Ultra',
      'X'
    )
    fc.assert(
      fc.property(anyGpu, suffix, (gpu, word) => {
        fc.pre(gpu.kind !== 'laptop' && gpu.kind !== 'integrated' && !gpu.name.includes('Max-Q'))
        expect(nameOf(`${gpu.name} ${word}`)).not.toBe(gpu.name)
      })
    )
  })

  it('is not told from a name that says another maker', () => {
    const word = fc.constantFrom('NVIDIA', 'AMD', 'Intel', 'Apple')
    fc.assert(
      fc.property(anyGpu, word, (gpu, maker) => {
        fc.pre(gpu.vendor !== maker.toLowerCase())
        expect(nameOf(`${maker} ${gpu.name}`)).toBeUndefined()
      })
    )
  })
})

it('reads whatever a peer writes without throwing, and the same the second time', () => {
  const words = fc.constantFrom(
    'RTX',
    '4090',
    'Ti',
    'x2',
    '8x',
    '24GB',
    '(',
    ')',
    '[',
    ']',
    'gfx1100',
    'Laptop',
    '40-core GPU',
    'NVL'
  )
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string({ unit: 'binary' }),
        fc.array(words).map((list) => list.join(' '))
      ),
      (text) => {
        const parsed = parseGpuName(text)
        expect(parsed.count).toBeGreaterThanOrEqual(1)
        expect(parseGpuName(text)).toEqual(parsed)
      }
    )
  )
})

/** Words that say whose or of which line a GPU is. They may be left out ("4090"), but not be wrong ("Radeon RTX 4090"). */
const BRANDS = [
  ...['nvidia', 'geforce', 'gtx', 'rtx', 'gt', 'quadro', 'tesla', 'jetson'],
  ...['amd', 'radeon', 'rx', 'instinct'],
  ...['intel', 'arc', 'apple', 'qualcomm']
]
const BRAND = new Set(BRANDS)

/** Brands under their other names: of the same house, or shortened. */
const BRAND_SYNONYMS: Readonly<Record<string, string>> = { ati: 'amd', habana: 'intel', q: 'quadro' }

/** Words that do not tell one GPU from another: what kind of thing it is, who built the board, which computer it is in. */
const NOISE = new Set([
  ...[
    'gpu',
    'gpus',
    'graphics',
    'card',
    'video',
    'display',
    'adapter',
    'accelerator',
    'series',
    'edition',
    'generation',
    'lovelace'
  ],
  ...[
    'workstation',
    'with',
    'design',
    'the',
    'corporation',
    'corp',
    'inc',
    'founders',
    'fe',
    'oc',
    'gaming',
    'oam',
    'vram',
    'memory'
  ],
  ...[
    'ram',
    'unified',
    'dgx',
    'hgx',
    'direct3d11',
    'asus',
    'msi',
    'gigabyte',
    'evga',
    'zotac',
    'pny',
    'palit',
    'gainward',
    'inno3d'
  ],
  ...['sapphire', 'xfx', 'powercolor', 'asrock', 'galax', 'manli', 'colorful', 'lenovo', 'dell', 'hp', 'supermicro'],
  ...['tuf', 'rog', 'aorus', 'eagle', 'ventus', 'suprim', 'windforce', 'trio']
])
const RACK = /^nvl\d+$/
const MEMORY = /^(?:hbm\d?e?|g?ddr\dx?|lpddr\dx?)$/

/** "rtx4090", "teslat4", "rxvega64", "rtxpro6000": a brand that is written together with what follows. */
const GLUED_BRAND = new RegExp(`^(${BRANDS.toSorted((a, b) => b.length - a.length).join('|')})(?=[a-z]{0,4}\\d)`)

function unglued(token: string): readonly string[] {
  const brand = GLUED_BRAND.exec(token)?.[1]
  return brand === undefined ? [token] : [brand, ...unglued(token.slice(brand.length))]
}

/** Words of a name, in three heaps. */
export interface GpuWords {
  /** The words that lead and only say whose it is. */
  readonly brands: ReadonlySet<string>
  /** What tells the GPU from others, without what separates its parts: "4090", "a100", "4070tisuper", "m3max". */
  readonly model: string
  /** The kind of memory, where it is said: "gddr6". */
  readonly memory: string
}

/** @param text in lower case, without what is no part of the model */
export function sortGpuWords(text: string): GpuWords {
  const words = text
    .split(/[^a-z0-9]+/)
    .filter((word) => word !== '')
    .flatMap(unglued)
    .map((word, i, all) => (i === 0 || BRAND.has(all[i - 1]) ? (BRAND_SYNONYMS[word] ?? word) : word))
  const memory = words.filter((word) => MEMORY.test(word)).join('')
  const pro = words.includes('pro')
  const rest = words.filter(
    // All RTX PRO are Blackwells, so that many leave the word out.
    (word) => !NOISE.has(word) && !RACK.test(word) && !MEMORY.test(word) && !(pro && word === 'blackwell')
  )
  // "Pro" is a brand before W7900 or B60, and part of the name in RTX PRO 6000 or M3 Pro.
  const leads = (word: string, i: number) => BRAND.has(word) || (word === 'pro' && /^[bvw]\d|^wx$/.test(rest[i + 1] ?? ''))
  const first = rest.findIndex((word, i) => !leads(word, i))
  const model = first < 0 ? [] : rest.slice(first)
  return { brands: new Set(rest.slice(0, rest.length - model.length)), model: model.join(''), memory }
}

import { readdir } from 'node:fs/promises'
import { join } from 'node:path'

type Environment = Readonly<Record<string, string | undefined>>

/** Variables that name drivers, or folders of them, themselves. */
const NAMING = ['VK_DRIVER_FILES', 'VK_ICD_FILENAMES', 'VK_ADD_DRIVER_FILES']

function listOf(value: string | undefined, otherwise: readonly string[]): readonly string[] {
  return value === undefined || value === '' ? otherwise : value.split(':')
}

/** Where Vulkan's loader looks on Linux, in its order. */
function foldersOf(environment: Environment): string[] {
  const { HOME: home = '/', XDG_CONFIG_DIRS, XDG_CONFIG_HOME, XDG_DATA_DIRS, XDG_DATA_HOME } = environment
  const roots = [
    XDG_CONFIG_HOME ?? join(home, '.config'),
    ...listOf(XDG_CONFIG_DIRS, ['/etc/xdg']),
    '/etc',
    XDG_DATA_HOME ?? join(home, '.local/share'),
    ...listOf(XDG_DATA_DIRS, ['/usr/local/share', '/usr/share'])
  ]
  return roots.map((root) => join(root, 'vulkan/icd.d'))
}

async function holdsManifest(folder: string): Promise<boolean> {
  const names = await readdir(folder).catch(() => [])
  return names.some((name) => name.endsWith('.json'))
}

/**
 * Whether Vulkan's loader will find a driver. Dawn complains on standard error where there is none, so it is asked only where one is.
 * @see "Driver Discovery on Linux", https://github.com/KhronosGroup/Vulkan-Loader/blob/main/docs/LoaderDriverInterface.md
 */
export async function hasVulkanDriver(environment: Environment): Promise<boolean> {
  if (NAMING.some((name) => (environment[name] ?? '') !== '')) return true
  const found = await Promise.all(foldersOf(environment).map(holdsManifest))
  return found.includes(true)
}

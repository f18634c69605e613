/** @typedef {Record<string, string | number | boolean | undefined>} Attributes */
/** @typedef {Node | string} Child */

const SVG = 'http://www.w3.org/2000/svg'

/** @param {Element} element @param {Attributes} attributes */
function setAll(element, attributes) {
  for (const [name, value] of Object.entries(attributes)) {
    if (value !== undefined && value !== false) element.setAttribute(name, String(value))
  }
}

/**
 * An element. Text is always text: what peers say of themselves cannot become markup.
 * @template {keyof HTMLElementTagNameMap} T
 * @param {T} tag
 * @param {Attributes} [attributes]
 * @param {Child[]} children
 * @returns {HTMLElementTagNameMap[T]}
 */
export function h(tag, attributes = {}, ...children) {
  const element = document.createElement(tag)
  setAll(element, attributes)
  element.append(...children)
  return element
}

/**
 * @template {keyof SVGElementTagNameMap} T
 * @param {T} tag
 * @param {Attributes} [attributes]
 * @param {Child[]} children
 * @returns {SVGElementTagNameMap[T]}
 */
export function s(tag, attributes = {}, ...children) {
  const element = document.createElementNS(SVG, tag)
  setAll(element, attributes)
  element.append(...children)
  return element
}

/** The element of an id, which index.html has. @param {string} id @returns {HTMLElement} */
export function byId(id) {
  const found = document.getElementById(id)
  if (found === null) throw new Error(`index.html has no element #${id}`)
  return found
}

/** Leaves alone what is right already: selections and screen readers stay undisturbed. @param {Element} element @param {string} text */
export function setText(element, text) {
  if (element.textContent !== text) element.textContent = text
}

/** @param {Element} element @param {string} name @param {string} value */
export function setAttribute(element, name, value) {
  if (element.getAttribute(name) !== value) element.setAttribute(name, value)
}

/**
 * One child an item, kept by key: focus stays where it is while others come and go.
 * @template T
 * @param {Element} parent
 * @param {(item: T) => string} keyOf
 * @param {(item: T) => { element: HTMLElement, update: (item: T) => void }} create
 */
export function keyedList(parent, keyOf, create) {
  /** @type {Map<string, { element: HTMLElement, update: (item: T) => void }>} */
  const known = new Map()
  /** @param {readonly T[]} items */
  return (items) => {
    const keys = new Set(items.map(keyOf))
    for (const [key, { element }] of known) {
      if (keys.has(key)) continue
      element.remove()
      known.delete(key)
    }
    items.forEach((item, index) => {
      const key = keyOf(item)
      const child = known.get(key) ?? create(item)
      known.set(key, child)
      child.update(item)
      if (parent.children[index] !== child.element) parent.insertBefore(child.element, parent.children[index] ?? null)
    })
  }
}

/** A row whose cells are texts or nodes made anew. @param {number} cells @param {readonly string[]} classes */
export function tableRow(cells, classes = []) {
  const row = h('tr')
  const made = Array.from({ length: cells }, (_, i) => {
    const cell = i === 0 ? h('th', { scope: 'row', class: classes[i] }) : h('td', { class: classes[i] })
    row.append(cell)
    return cell
  })
  return { row, cells: made }
}

/** Shows it or not. @param {string} id @param {boolean} visible */
export function show(id, visible) {
  byId(id).hidden = !visible
}

/** A bar of a share of its track, 0–1; beside a number that says the same. @param {number} share @param {string} [name] */
export function bar(share, name = 'bar') {
  const width = Math.round(Math.min(1, Math.max(0, share)) * 1000) / 10
  return s(
    'svg',
    { class: name, viewBox: '0 0 100 6', preserveAspectRatio: 'none', 'aria-hidden': 'true' },
    s('rect', { class: 'track', width: 100, height: 6 }),
    s('rect', { class: 'fill', width, height: 6 })
  )
}

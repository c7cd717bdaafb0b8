import { h, type VNode } from 'vue'
import type { Token } from 'markdown-it'

// Markdown's tokens as elements: no text of a model ever becomes HTML. Pictures are not loaded: they are links.

type Child = VNode | string

const SAFE_LINK = /^(https?:|mailto:)/i

const attribute = (token: Token, name: string): string => String(token.attrs?.find(([key]) => key === name)?.[1] ?? '')

function link(href: string, children: Child[]): VNode {
  return SAFE_LINK.test(href) ? h('a', { href, target: '_blank', rel: 'noopener noreferrer nofollow' }, children) : h('span', children)
}

// Elements that may be made, by markdown-it's own tags; any other is a span.
const TAGS = new Set(['p', 'h1', 'h2', 'h3', 'h4', 'h5', 'h6', 'ul', 'ol', 'li', 'blockquote', 'em', 'strong', 's', 'table', 'thead', 'tbody', 'tr', 'th', 'td'])

function element(token: Token, children: Child[]): VNode {
  if (token.tag === 'a') return link(attribute(token, 'href'), children)
  if (token.tag === 'ol') return h('ol', { start: attribute(token, 'start') || undefined }, children)
  if (token.tag === 'th' || token.tag === 'td') return h(token.tag, { style: /^text-align:(left|right|center)$/.test(attribute(token, 'style')) ? attribute(token, 'style') : undefined }, children)
  // Headings of an answer stand below those of the page.
  const tag = /^h[1-4]$/.test(token.tag) ? `h${Number(token.tag[1]) + 2}` : token.tag
  return h(TAGS.has(tag) ? tag : 'span', children)
}

function leaf(token: Token): Child[] {
  switch (token.type) {
    case 'code_inline':
      return [h('code', token.content)]
    case 'code_block':
    case 'fence':
      return [h('pre', { tabindex: 0, 'data-language': token.info.trim().split(/\s+/)[0] || undefined }, [h('code', token.content)])]
    case 'softbreak':
      return ['\n']
    case 'hardbreak':
      return [h('br')]
    case 'hr':
      return [h('hr')]
    case 'image':
      return [link(attribute(token, 'src'), [token.content || attribute(token, 'src')])]
    default:
      return token.content ? [token.content] : []
  }
}

export function renderTokens(tokens: Token[]): Child[] {
  const stack: { token: Token | null; children: Child[] }[] = [{ token: null, children: [] }]
  for (const token of tokens) {
    const top = stack[stack.length - 1]!
    if (token.nesting === 1) stack.push({ token, children: [] })
    else if (token.nesting === -1) {
      const { token: opened, children } = stack.pop()!
      const outer = stack[stack.length - 1]!
      if (opened?.hidden) outer.children.push(...children) // a tight list's paragraphs
      else outer.children.push(element(opened!, children))
    } else if (token.type === 'inline') top.children.push(...renderTokens(token.children ?? []))
    else top.children.push(...leaf(token))
  }
  return stack[0]!.children
}

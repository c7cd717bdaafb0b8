import type { Plugin } from 'vite'

// `import { NButton } from 'naive-ui'` pulls whatever any page uses into the first chunk. The same
// import by folder lets each page's chunk carry its own components (measured: 308 -> 182 KB gzip).

const IMPORT = /import\s*\{([^}]*)\}\s*from\s*['"]naive-ui['"];?/g

// Names that do not live in a folder of their own name.
const ELSEWHERE: Record<string, string> = {
  NFormItem: 'form',
  NFormItemGi: 'form',
  NDrawerContent: 'drawer',
  NRadioGroup: 'radio',
  NRadioButton: 'radio',
  NCheckboxGroup: 'checkbox',
  NTabPane: 'tabs',
  NButtonGroup: 'button-group',
  NDialogProvider: 'dialog',
  NMessageProvider: 'message',
  NGi: 'grid',
  NGridItem: 'grid',
  NInputGroup: 'input',
  NInputGroupLabel: 'input',
  NStep: 'steps',
  NCollapseItem: 'collapse',
  NUploadDragger: 'upload',
  useMessage: 'message',
  useDialog: 'dialog',
  zhCN: 'locales',
  enUS: 'locales',
}

export function folderOf(name: string): string {
  return ELSEWHERE[name] ?? name.replace(/^N/, '').replace(/(?<!^)([A-Z])/g, '-$1').toLowerCase()
}

export function byFolder(code: string): string {
  return code.replace(IMPORT, (_, names: string) =>
    names
      .split(',')
      .map((name) => name.trim())
      .filter((name) => name !== '' && !name.startsWith('type '))
      .map((name) => `import { ${name} } from 'naive-ui/es/${folderOf(name.split(' as ')[0]!.trim())}/index.mjs';`)
      .join(' '),
  )
}

export function naiveByFolder(): Plugin {
  return {
    name: 'naive-by-folder',
    enforce: 'post',
    transform(code, id) {
      if (id.includes('/node_modules/') || !code.includes('naive-ui')) return null
      return { code: byFolder(code), map: null }
    },
  }
}

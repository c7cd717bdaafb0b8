// The only file that imports ECharts: what charts use of it and nothing else. Loaded by Chart.vue when
// the first chart is seen.
import { BarChart, LineChart } from 'echarts/charts'
import { AriaComponent, GridComponent, TooltipComponent } from 'echarts/components'
import { init, use } from 'echarts/core'
import { SVGRenderer } from 'echarts/renderers'

use([BarChart, LineChart, AriaComponent, GridComponent, TooltipComponent, SVGRenderer])

export { init }

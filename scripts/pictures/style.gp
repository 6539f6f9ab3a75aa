# The first four colours differ for the colour-blind too; the next differ by dashes. All are dark
# enough for text on white, and svg.css has others for a dark page.
set encoding utf8
set linetype 1 lc rgb '#0068ad' lw 2 dt 1
set linetype 2 lc rgb '#b84a00' lw 2 dt 1
set linetype 3 lc rgb '#007a5e' lw 2 dt 1
set linetype 4 lc rgb '#a8327d' lw 2 dt 1
set linetype 5 lc rgb '#846a00' lw 2 dt (8, 5)
set linetype 6 lc rgb '#5b5fc7' lw 2 dt (3, 5)
set linetype 7 lc rgb '#222222' lw 2 dt 1
set linetype 8 lc rgb '#666666' lw 1 dt 1
set linetype 9 lc rgb '#b9c4cc' lw 1 dt 1
set linetype 10 lc rgb '#e3e6e8' lw 1 dt 1
set linetype cycle 10
set key off
set border 1 lt 9 lw 1
set tics nomirror scale 0 textcolor lt 8
set grid ytics lt 10 lw 1

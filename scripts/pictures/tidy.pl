# A picture of gnuplot's svg terminal, made small, with colours for light and for dark: by svg.css
# in it, or if INLINE is set, in the page that it is for. Standard input to output.
use strict;
use warnings;
use File::Basename qw(dirname);

local $/;
my $svg = <STDIN>;
my ($box) = $svg =~ /viewBox="([^"]*)"/ or die "tidy.pl: no picture came from gnuplot\n";
my (undef, undef, $width, $height) = split ' ', $box;

sub hexadecimal { return sprintf('#%02x%02x%02x', @_); }

$svg =~ s/^.*<\/defs>//s;
$svg =~ s/\s*<\/g>\s*<\/svg>.*$//s;
$svg =~ s/rgb\( *(\d+), *(\d+), *(\d+)\)/hexadecimal($1, $2, $3)/ge;
$svg =~ s/(\w) = '/$1='/g;
$svg =~ s{<use xlink:href='\#gpPt6' transform='translate\(([\d.]+),([\d.]+)\) scale\(([\d.]+)\)' color='(\S+)'/>}
         {<circle cx='$1' cy='$2' r='$3' fill='$4' stroke='none'/>}g;
$svg =~ s{<use [^>]*/>}{}g;
$svg =~ s{<path [^>]*d='M[\d.,]+ *'/>}{}g;
$svg =~ s/ color="[^"]*"| font-family="[^"]*"| class="gridline"| stroke="currentColor"//g;
$svg =~ s/(\d)\.00\b/$1/g;
$svg =~ s/<g id="[^"]*"\s*><title>[^<]*<\/title>/<g class="curve">/g;
1 while $svg =~ s/<g [^>]*>\s*<\/g>\s*//g;
$svg =~ s/>\s+</></g;
$svg =~ s/(<\/g>)(?=<g )/$1\n/g;

my $style = '';
if (!$ENV{INLINE}) {
    open(my $file, '<', dirname(__FILE__) . '/svg.css') or die "tidy.pl: svg.css: $!\n";
    $style = "<style>\n" . <$file> . "</style>\n";
}
my $label = $ENV{PICTURE_LABEL} // 'curves';
$label =~ s/([&<>"])/'&#' . ord($1) . ';'/ge;
my $size = $ENV{INLINE} ? '' : " width=\"$width\" height=\"$height\"";
print "<svg xmlns=\"http://www.w3.org/2000/svg\" class=\"picture\" viewBox=\"$box\"$size role=\"img\" ",
    "aria-label=\"$label\" font-family=\"system-ui, 'DejaVu Sans', sans-serif\">\n$style",
    "<rect width=\"$width\" height=\"$height\" fill=\"#ffffff\"/>\n$svg\n</svg>\n";

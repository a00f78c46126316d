/**
 * The word lists of USPS Publication 28: street suffixes (appendix C1), secondary units (C2), directionals (section 233), states and
 * possessions (appendix B). Written as `STANDARD VARIANT VARIANT …`, one standard form a line or group.
 */

const table = (text: string): ReadonlyMap<string, string> =>
  new Map(
    text
      .trim()
      .split(/\s*;\s*/)
      .flatMap(group => {
        const [standard, ...variants] = group.trim().split(/\s+/) as [string, ...string[]]
        return [standard, ...variants].map((word): [string, string] => [word, standard])
      }),
  )

/** Any usual form of a street suffix → its standard abbreviation. */
export const suffixes = table(`
ALY ALLEY ALLEE ALLY; ANX ANNEX ANEX ANNX; ARC ARCADE; AVE AVENUE AV AVEN AVENU AVN AVNUE; BYU BAYOU BAYOO; BCH BEACH; BND BEND;
BLF BLUFF BLUF; BLFS BLUFFS; BTM BOTTOM BOT BOTTM; BLVD BOULEVARD BOUL BOULV; BR BRANCH BRNCH; BRG BRIDGE BRDGE; BRK BROOK;
BRKS BROOKS; BG BURG; BGS BURGS; BYP BYPASS BYPA BYPAS BYPS; CP CAMP CMP; CYN CANYON CANYN CNYN; CPE CAPE; CSWY CAUSEWAY CAUSWA;
CTR CENTER CENT CENTR CENTRE CNTER CNTR; CTRS CENTERS; CIR CIRCLE CIRC CIRCL CRCL CRCLE; CIRS CIRCLES; CLF CLIFF; CLFS CLIFFS; CLB CLUB;
CMN COMMON; CMNS COMMONS; COR CORNER; CORS CORNERS; CRSE COURSE; CT COURT; CTS COURTS; CV COVE; CVS COVES; CRK CREEK; CRES CRESCENT CRSENT CRSNT;
CRST CREST; XING CROSSING CRSSNG; XRD CROSSROAD; XRDS CROSSROADS; CURV CURVE; DL DALE; DM DAM; DV DIVIDE DIV DVD; DR DRIVE DRIV DRV; DRS DRIVES;
EST ESTATE; ESTS ESTATES; EXPY EXPRESSWAY EXP EXPR EXPRESS EXPW; EXT EXTENSION EXTN EXTNSN; EXTS EXTENSIONS; FALL; FLS FALLS; FRY FERRY FRRY;
FLD FIELD; FLDS FIELDS; FLT FLAT; FLTS FLATS; FRD FORD; FRDS FORDS; FRST FOREST FORESTS; FRG FORGE FORG; FRGS FORGES; FRK FORK; FRKS FORKS;
FT FORT FRT; FWY FREEWAY FREEWY FRWAY FRWY; GDN GARDEN GARDN GRDEN GRDN; GDNS GARDENS GRDNS; GTWY GATEWAY GATEWY GATWAY GTWAY; GLN GLEN; GLNS GLENS;
GRN GREEN; GRNS GREENS; GRV GROVE GROV; GRVS GROVES; HBR HARBOR HARB HARBR HRBOR; HBRS HARBORS; HVN HAVEN; HTS HEIGHTS HT; HWY HIGHWAY HIGHWY HIWAY HIWY HWAY;
HL HILL; HLS HILLS; HOLW HOLLOW HLLW HOLLOWS HOLWS; INLT INLET; IS ISLAND ISLND; ISS ISLANDS ISLNDS; ISLE ISLES; JCT JUNCTION JCTION JCTN JUNCTN JUNCTON;
JCTS JUNCTIONS JCTNS; KY KEY; KYS KEYS; KNL KNOLL KNOL; KNLS KNOLLS; LK LAKE; LKS LAKES; LAND; LNDG LANDING LNDNG; LN LANE; LGT LIGHT; LGTS LIGHTS;
LF LOAF; LCK LOCK; LCKS LOCKS; LDG LODGE LDGE LODG; LOOP LOOPS; MALL; MNR MANOR; MNRS MANORS; MDW MEADOW; MDWS MEADOWS MEDOWS; MEWS; ML MILL; MLS MILLS;
MSN MISSION MISSN MSSN; MTWY MOTORWAY; MT MOUNT MNT; MTN MOUNTAIN MNTAIN MNTN MOUNTIN MTIN; MTNS MOUNTAINS MNTNS; NCK NECK; ORCH ORCHARD ORCHRD; OVAL OVL;
OPAS OVERPASS; PARK PRK PARKS; PKWY PARKWAY PARKWY PKWAY PKY PARKWAYS PKWYS; PASS; PSGE PASSAGE; PATH PATHS; PIKE PIKES; PNE PINE; PNES PINES; PL PLACE;
PLN PLAIN; PLNS PLAINS; PLZ PLAZA PLZA; PT POINT; PTS POINTS; PRT PORT; PRTS PORTS; PR PRAIRIE PRR; RADL RADIAL RAD RADIEL; RAMP; RNCH RANCH RANCHES RNCHS;
RPD RAPID; RPDS RAPIDS; RST REST; RDG RIDGE RDGE; RDGS RIDGES; RIV RIVER RVR RIVR; RD ROAD; RDS ROADS; RTE ROUTE; ROW; RUE; RUN; SHL SHOAL; SHLS SHOALS;
SHR SHORE SHOAR; SHRS SHORES SHOARS; SKWY SKYWAY; SPG SPRING SPNG SPRNG; SPGS SPRINGS SPNGS SPRNGS; SPUR SPURS; SQ SQUARE SQR SQRE SQU; SQS SQUARES SQRS;
STA STATION STATN STN; STRA STRAVENUE STRAV STRAVEN STRVN; STRM STREAM STREME; ST STREET STRT STR; STS STREETS; SMT SUMMIT SUMIT SUMITT; TER TERRACE TERR;
TRWY THROUGHWAY; TRCE TRACE TRACES; TRAK TRACK TRACKS TRK TRKS; TRFY TRAFFICWAY; TRL TRAIL TRAILS TRLS; TRLR TRAILER; TUNL TUNNEL TUNEL TUNLS TUNNELS TUNNL;
TPKE TURNPIKE TRNPK TURNPK; UPAS UNDERPASS; UN UNION; UNS UNIONS; VLY VALLEY VALLY VLLY; VLYS VALLEYS; VIA VIADUCT VDCT VIADCT; VW VIEW; VWS VIEWS;
VLG VILLAGE VILL VILLAG VILLG VILLIAGE; VLGS VILLAGES; VL VILLE; VIS VISTA VIST VST VSTA; WALK WALKS; WALL; WAY WY; WAYS; WL WELL; WLS WELLS`)

/** Any usual form of a secondary unit → its standard abbreviation. */
export const units = table(`
APT APARTMENT; BLDG BUILDING; BSMT BASEMENT; DEPT DEPARTMENT; FL FLOOR; FRNT FRONT; HNGR HANGER HANGAR; KEY; LBBY LOBBY; LOT; LOWR LOWER; OFC OFFICE;
PH PENTHOUSE; PIER; REAR; RM ROOM; SIDE; SLIP; SPC SPACE; STOP; STE SUITE; TRLR TRAILER; UNIT; UPPR UPPER`)

/** Units which stand without a number (C2). */
export const unitsAlone: ReadonlySet<string> = new Set(['BSMT', 'FRNT', 'LBBY', 'LOWR', 'OFC', 'PH', 'REAR', 'SIDE', 'UPPR'])

/** Directions of the compass → one or two letters. */
export const directionals = table(`N NORTH; S SOUTH; E EAST; W WEST; NE NORTHEAST; NW NORTHWEST; SE SOUTHEAST; SW SOUTHWEST`)

const names = `AL Alabama; AK Alaska; AZ Arizona; AR Arkansas; CA California; CO Colorado; CT Connecticut; DE Delaware; DC District of Columbia; FL Florida;
GA Georgia; HI Hawaii; ID Idaho; IL Illinois; IN Indiana; IA Iowa; KS Kansas; KY Kentucky; LA Louisiana; ME Maine; MD Maryland; MA Massachusetts;
MI Michigan; MN Minnesota; MS Mississippi; MO Missouri; MT Montana; NE Nebraska; NV Nevada; NH New Hampshire; NJ New Jersey; NM New Mexico; NY New York;
NC North Carolina; ND North Dakota; OH Ohio; OK Oklahoma; OR Oregon; PA Pennsylvania; RI Rhode Island; SC South Carolina; SD South Dakota; TN Tennessee;
TX Texas; UT Utah; VT Vermont; VA Virginia; WA Washington; WV West Virginia; WI Wisconsin; WY Wyoming; AS American Samoa; GU Guam;
MP Northern Mariana Islands; PR Puerto Rico; VI Virgin Islands; FM Federated States of Micronesia; MH Marshall Islands; PW Palau;
AA Armed Forces Americas; AE Armed Forces Europe; AP Armed Forces Pacific`

/** Abbreviations from before the two letters (GPO style), as people still write them. */
const traditional = `AL Ala; AZ Ariz; AR Ark; CA Calif|Cal; CO Colo|Col; CT Conn; DE Del; DC Washington DC|Dist of Columbia; FL Fla; HI Haw;
ID Ida; IL Ill|Ills; IN Ind; KS Kan|Kans; MA Mass; MI Mich; MN Minn; MS Miss; MO Mo; MT Mont; NE Neb|Nebr; NV Nev; NM N Mex|N Mexico|New Mex;
NC N Car|N Carolina|No Carolina; ND N Dak|N Dakota|No Dakota; OK Okla; OR Ore|Oreg; PA Penn|Penna; SC S Car|S Carolina|So Carolina;
SD S Dak|S Dakota|So Dakota; TN Tenn; TX Tex; WA Wash|Washington State; WV W Va|W Virginia; WI Wis|Wisc; WY Wyo; PR P Rico;
VI US Virgin Islands|Virgin Islands of the US|USVI; MP Northern Marianas|CNMI; FM Micronesia;
AE Armed Forces Africa|Armed Forces Canada|Armed Forces Middle East`

/** Name or code of a state, in capitals and without points → its two letters. */
export const states: ReadonlyMap<string, string> = new Map([
  ...names.split(/;\s+/).flatMap(entry => {
    const [code, name] = [entry.slice(0, 2), entry.slice(3).toUpperCase()]
    return [
      [code, code],
      [name, code],
    ] as [string, string][]
  }),
  ...traditional.split(/;\s+/).flatMap(entry =>
    entry
      .slice(3)
      .toUpperCase()
      .split('|')
      .map((name): [string, string] => [name, entry.slice(0, 2)]),
  ),
])

/** `Mass.`, `US-MA`, `Massachusetts (MA)`, `MA, USA` → `MA`; undefined for what names no state, or two. */
export const stateCode = (text: string): string | undefined => {
  const plain = text.toUpperCase().replaceAll('.', '').replace(/\s+/g, ' ').trim()
  const found = states.get(plain) ?? states.get(plain.replace(/, ?/g, ' '))
  if (found || !/[-–(),/]/.test(plain)) return found
  const parts = plain
    .split(/\s*[-–(),/]\s*/)
    .filter(part => part && !/^(US|USA|UNITED STATES)$/.test(part))
    .map(part => states.get(part))
  return parts.length > 0 && parts.every(code => code !== undefined && code === parts[0]) ? parts[0] : undefined
}

"""GARR, the Italian research network of January 2012: 48 nodes and 62 links.

Structure and great-circle lengths: Internet Topology Zoo by way of topohub and qnscheduling (MIT licence).  Links
between sites of one city have length 0.
"""

from __future__ import annotations

from qnet.network import Network, Node
from qnet.networks.links import future_link

NODES = """
    CA:9.13:39.21 CA-1:9.13:39.21 AQ-1:13.4:42.35 SS:8.56:40.73 PA-2:13.36:38.12 Pv-1:9.16:45.18
    RM-1:12.48:41.89 PG:12.38:43.1 CZ:16.6:38.89 BO:11.34:44.49 MI-3:9.19:45.46 TS-1:13.78:45.65 NA:14.25:40.83
    ME:15.55:38.19 CS:16.25:39.31 CT:15.09:37.5 PA:13.36:38.12 BO-3:11.34:44.49 FUC:13.44:42.04 FI:11.25:43.77
    Fi:11.25:43.77 PD-2:11.88:45.42 BR:17.94:40.63 VE:12.33:45.44 PD:11.88:45.42 MI-1:9.19:45.46 TN:11.12:46.07
    MI-2:9.19:45.46 MI-4:9.19:45.46 GE:8.93:44.41 TO:7.69:45.07 SA:14.77:40.68 PZ:15.81:40.64 CB:14.67:41.56
    FRA:12.67:41.82 AQ:13.4:42.35 AN:13.51:43.6 MT:16.6:40.67 LE:18.17:40.36 BA:16.85:41.12 FG:15.55:41.46
    BS:10.23:45.52 RM-2:12.48:41.89 CO:9.19:45.46 Fe:11.62:44.83 Pv:9.16:45.18 PI:10.4:43.72 Ur:12.64:43.73
"""
"""``name:longitude:latitude``"""

EDGES = """
    CA/CA-1/0.0 CA-1/RM-1/411.59 CA-1/SS/175.99 CA-1/RM-2/411.59 AQ-1/AQ/0.0 AQ-1/RM-2/90.97 PA-2/PA/0.0
    Pv-1/Pv/0.0 RM-1/RM-2/0.0 RM-1/FRA/17.62 RM-1/AQ/90.97 RM-1/CT/536.9 PG/RM-2/133.95 CZ/CS/55.49 BO/PD/111.04
    BO/MI-1/200.6 BO/AN/200.14 BO/BA/585.72 BO/RM-2/303.62 BO/Fe/43.23 BO/BO-3/0.0 BO/FI/81.19 MI-3/MI-1/0.0
    MI-3/BS/81.19 MI-3/MI-2/0.0 TS-1/CO/358.05 TS-1/PD/150.16 NA/SA/46.78 NA/BA/220.7 NA/CB/88.06 NA/CT/377.48
    NA/RM-2/188.87 ME/CT/86.95 CS/CT/225.18 CT/PA/166.44 FUC/RM-2/80.61 FI/PI/68.81 FI/Fi/0.0 PD-2/VE/34.82
    PD-2/PD/0.0 BR/BA/106.34 PD/MI-1/210.18 PD/TN/93.58 MI-1/MI-2/0.0 MI-1/CO/0.0 TN/MI-2/164.22 MI-2/MI-4/0.0
    MI-2/GE/119.38 MI-2/TO/125.52 MI-2/RM-2/477.24 MI-2/CO/0.0 MI-2/Pv/31.2 MI-4/CO/0.0 GE/PI/139.9 TO/PI/262.84
    PZ/BA/102.27 FRA/RM-2/17.62 AN/Ur/71.73 MT/BA/54.19 LE/BA/139.82 BA/FG/115.31 RM-2/PI/264.61
"""
"""``name/name/length in km``"""


def garr() -> Network:
    """GARR with links of the future class; every node may be an end of a demand."""
    nodes = []
    for text in NODES.split():
        name, longitude, latitude = text.rsplit(":", 2)
        nodes.append(Node(name, position=(float(longitude), float(latitude))))
    links = []
    for text in EDGES.split():
        u, v, length_km = text.split("/")
        links.append(future_link(u, v, float(length_km)))
    return Network("garr", tuple(nodes), tuple(links), "GARR 2012, 48 sites in Italy", futuristic=True)

"""Real cities, at city level only: every store name and address in them is invented."""

from typing import NamedTuple


class Area(NamedTuple):
    """A sales region: its code, its names, and the cities in it."""

    code: str
    name: str
    name_en: str


class City(NamedTuple):
    """A city with its centre; ``weight`` is how many stores it deserves beside the others."""

    area: str
    province: str
    name: str
    name_en: str
    latitude: float
    longitude: float
    weight: int


AREAS = (
    Area("east", "华东大区", "East China"),
    Area("south", "华南大区", "South China"),
    Area("central", "华中大区", "Central China"),
    Area("north", "华北大区", "North China"),
    Area("southwest", "西南大区", "Southwest"),
    Area("northwest", "西北大区", "Northwest"),
    Area("northeast", "东北大区", "Northeast"),
)

CITIES = (
    City("east", "上海", "上海", "Shanghai", 31.2304, 121.4737, 100),
    City("east", "江苏", "南京", "Nanjing", 32.0603, 118.7969, 44),
    City("east", "江苏", "苏州", "Suzhou", 31.2990, 120.5853, 52),
    City("east", "江苏", "无锡", "Wuxi", 31.4912, 120.3119, 28),
    City("east", "江苏", "常州", "Changzhou", 31.8107, 119.9741, 18),
    City("east", "江苏", "南通", "Nantong", 31.9802, 120.8943, 16),
    City("east", "江苏", "徐州", "Xuzhou", 34.2058, 117.2841, 14),
    City("east", "江苏", "扬州", "Yangzhou", 32.3942, 119.4129, 11),
    City("east", "浙江", "杭州", "Hangzhou", 30.2741, 120.1551, 78),
    City("east", "浙江", "宁波", "Ningbo", 29.8683, 121.5440, 38),
    City("east", "浙江", "温州", "Wenzhou", 27.9939, 120.6994, 22),
    City("east", "浙江", "绍兴", "Shaoxing", 30.0303, 120.5802, 17),
    City("east", "浙江", "嘉兴", "Jiaxing", 30.7461, 120.7555, 18),
    City("east", "浙江", "金华", "Jinhua", 29.0790, 119.6474, 16),
    City("east", "浙江", "台州", "Taizhou", 28.6564, 121.4208, 13),
    City("east", "浙江", "湖州", "Huzhou", 30.8943, 120.0868, 11),
    City("east", "安徽", "合肥", "Hefei", 31.8206, 117.2272, 30),
    City("east", "安徽", "芜湖", "Wuhu", 31.3525, 118.4331, 10),
    City("east", "安徽", "蚌埠", "Bengbu", 32.9163, 117.3893, 6),
    City("east", "山东", "济南", "Jinan", 36.6512, 117.1201, 26),
    City("east", "山东", "青岛", "Qingdao", 36.0671, 120.3826, 32),
    City("east", "山东", "烟台", "Yantai", 37.4638, 121.4479, 13),
    City("east", "山东", "潍坊", "Weifang", 36.7069, 119.1618, 11),
    City("east", "山东", "临沂", "Linyi", 35.1047, 118.3564, 10),
    City("east", "福建", "福州", "Fuzhou", 26.0745, 119.2965, 26),
    City("east", "福建", "厦门", "Xiamen", 24.4798, 118.0894, 28),
    City("east", "福建", "泉州", "Quanzhou", 24.8741, 118.6757, 22),
    City("east", "福建", "漳州", "Zhangzhou", 24.5130, 117.6471, 8),
    City("east", "江西", "南昌", "Nanchang", 28.6820, 115.8579, 18),
    City("east", "江西", "赣州", "Ganzhou", 25.8310, 114.9335, 8),
    City("east", "江西", "九江", "Jiujiang", 29.7050, 116.0019, 7),
    City("south", "广东", "广州", "Guangzhou", 23.1291, 113.2644, 86),
    City("south", "广东", "深圳", "Shenzhen", 22.5431, 114.0579, 90),
    City("south", "广东", "东莞", "Dongguan", 23.0207, 113.7518, 38),
    City("south", "广东", "佛山", "Foshan", 23.0215, 113.1214, 34),
    City("south", "广东", "惠州", "Huizhou", 23.1115, 114.4152, 16),
    City("south", "广东", "珠海", "Zhuhai", 22.2710, 113.5767, 16),
    City("south", "广东", "中山", "Zhongshan", 22.5176, 113.3926, 15),
    City("south", "广东", "汕头", "Shantou", 23.3535, 116.6820, 11),
    City("south", "广东", "江门", "Jiangmen", 22.5789, 113.0819, 9),
    City("south", "广东", "湛江", "Zhanjiang", 21.2707, 110.3594, 8),
    City("south", "广西", "南宁", "Nanning", 22.8170, 108.3665, 20),
    City("south", "广西", "柳州", "Liuzhou", 24.3264, 109.4281, 9),
    City("south", "广西", "桂林", "Guilin", 25.2736, 110.2902, 8),
    City("south", "海南", "海口", "Haikou", 20.0442, 110.1999, 12),
    City("south", "海南", "三亚", "Sanya", 18.2528, 109.5119, 8),
    City("central", "湖北", "武汉", "Wuhan", 30.5928, 114.3055, 58),
    City("central", "湖北", "宜昌", "Yichang", 30.6919, 111.2868, 9),
    City("central", "湖北", "襄阳", "Xiangyang", 32.0090, 112.1226, 9),
    City("central", "湖北", "荆州", "Jingzhou", 30.3348, 112.2407, 6),
    City("central", "湖南", "长沙", "Changsha", 28.2282, 112.9388, 44),
    City("central", "湖南", "株洲", "Zhuzhou", 27.8274, 113.1340, 8),
    City("central", "湖南", "衡阳", "Hengyang", 26.8932, 112.5719, 7),
    City("central", "湖南", "岳阳", "Yueyang", 29.3571, 113.1289, 6),
    City("central", "湖南", "常德", "Changde", 29.0316, 111.6985, 5),
    City("central", "河南", "郑州", "Zhengzhou", 34.7466, 113.6254, 40),
    City("central", "河南", "洛阳", "Luoyang", 34.6197, 112.4540, 13),
    City("central", "河南", "新乡", "Xinxiang", 35.3030, 113.9268, 6),
    City("central", "河南", "南阳", "Nanyang", 32.9908, 112.5283, 7),
    City("north", "北京", "北京", "Beijing", 39.9042, 116.4074, 84),
    City("north", "天津", "天津", "Tianjin", 39.3434, 117.3616, 34),
    City("north", "河北", "石家庄", "Shijiazhuang", 38.0428, 114.5149, 18),
    City("north", "河北", "唐山", "Tangshan", 39.6305, 118.1802, 11),
    City("north", "河北", "保定", "Baoding", 38.8739, 115.4646, 10),
    City("north", "河北", "廊坊", "Langfang", 39.5186, 116.6831, 8),
    City("north", "河北", "邯郸", "Handan", 36.6256, 114.5391, 7),
    City("north", "山西", "太原", "Taiyuan", 37.8706, 112.5489, 16),
    City("north", "山西", "大同", "Datong", 40.0768, 113.3001, 5),
    City("north", "山西", "长治", "Changzhi", 36.1954, 113.1163, 4),
    City("north", "内蒙古", "呼和浩特", "Hohhot", 40.8426, 111.7492, 8),
    City("north", "内蒙古", "包头", "Baotou", 40.6574, 109.8403, 6),
    City("southwest", "重庆", "重庆", "Chongqing", 29.5630, 106.5516, 54),
    City("southwest", "四川", "成都", "Chengdu", 30.5728, 104.0668, 74),
    City("southwest", "四川", "绵阳", "Mianyang", 31.4675, 104.6796, 9),
    City("southwest", "四川", "德阳", "Deyang", 31.1269, 104.3979, 6),
    City("southwest", "四川", "宜宾", "Yibin", 28.7513, 104.6417, 6),
    City("southwest", "四川", "南充", "Nanchong", 30.8373, 106.1107, 6),
    City("southwest", "贵州", "贵阳", "Guiyang", 26.6470, 106.6302, 16),
    City("southwest", "贵州", "遵义", "Zunyi", 27.7257, 106.9273, 7),
    City("southwest", "云南", "昆明", "Kunming", 24.8801, 102.8329, 22),
    City("southwest", "云南", "曲靖", "Qujing", 25.4900, 103.7962, 5),
    City("southwest", "云南", "大理", "Dali", 25.6065, 100.2676, 5),
    City("northwest", "陕西", "西安", "Xi'an", 34.3416, 108.9398, 42),
    City("northwest", "陕西", "咸阳", "Xianyang", 34.3296, 108.7093, 8),
    City("northwest", "陕西", "宝鸡", "Baoji", 34.3619, 107.2376, 6),
    City("northwest", "甘肃", "兰州", "Lanzhou", 36.0611, 103.8343, 11),
    City("northwest", "宁夏", "银川", "Yinchuan", 38.4872, 106.2309, 7),
    City("northwest", "青海", "西宁", "Xining", 36.6171, 101.7782, 5),
    City("northwest", "新疆", "乌鲁木齐", "Urumqi", 43.8256, 87.6168, 9),
    City("northeast", "辽宁", "沈阳", "Shenyang", 41.8057, 123.4315, 26),
    City("northeast", "辽宁", "大连", "Dalian", 38.9140, 121.6147, 26),
    City("northeast", "辽宁", "鞍山", "Anshan", 41.1087, 122.9946, 6),
    City("northeast", "吉林", "长春", "Changchun", 43.8171, 125.3235, 16),
    City("northeast", "吉林", "吉林市", "Jilin City", 43.8379, 126.5496, 5),
    City("northeast", "黑龙江", "哈尔滨", "Harbin", 45.8038, 126.5349, 20),
    City("northeast", "黑龙江", "大庆", "Daqing", 46.5907, 125.1030, 5),
    City("northeast", "黑龙江", "齐齐哈尔", "Qiqihar", 47.3543, 123.9179, 4),
)

# Roads, quarters and malls that no map has; (Chinese, English).
ROADS = (
    ("青苗路", "Qingmiao Rd"), ("禾穗街", "Hesui St"), ("云稻路", "Yundao Rd"), ("麦浪大道", "Mailang Ave"),
    ("晨耕路", "Chengeng Rd"), ("栖禾街", "Qihe St"), ("谷雨巷", "Guyu Ln"), ("白露路", "Bailu Rd"),
    ("知春里", "Zhichunli"), ("蓝桥街", "Lanqiao St"), ("沐野路", "Muye Rd"), ("三秋路", "Sanqiu Rd"),
    ("小满街", "Xiaoman St"), ("听泉路", "Tingquan Rd"), ("星河大道", "Xinghe Ave"), ("青砖巷", "Qingzhuan Ln"),
)  # fmt: skip
SPOTS = (
    ("青麓广场", "Qinglu Plaza"), ("云栖里", "Yunqi Lane"), ("禾悦城", "Heyue City"), ("星野天地", "Starfield"),
    ("木槿新村", "Hibiscus Court"), ("望舒苑", "Wangshu Court"), ("长汀里", "Changting Lane"), ("南枝街", "Nanzhi St"),
    ("橙湾", "Orange Bay"), ("澄湖路", "Chenghu Rd"), ("书香里", "Shuxiang Lane"), ("银杏坊", "Ginkgo Mews"),
    ("锦溪", "Jinxi"), ("沁园", "Qinyuan"), ("云帆中心", "Sail Centre"), ("青禾一村", "Qinghe Village"),
    ("柏叶街", "Cypress St"), ("晴川里", "Qingchuan Lane"), ("东篱", "Dongli"), ("稻香苑", "Daoxiang Court"),
    ("海棠湾", "Begonia Bay"), ("明月坊", "Moonlight Mews"), ("听雨巷", "Tingyu Lane"), ("北辰里", "Beichen Lane"),
    ("松风路", "Songfeng Rd"), ("鹿鸣苑", "Luming Court"), ("春申里", "Chunshen Lane"), ("和光天地", "Heguang Place"),
    ("半山", "Banshan"), ("月河", "Yuehe"),
)  # fmt: skip

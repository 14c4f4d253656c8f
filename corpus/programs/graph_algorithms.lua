-- Graph algorithms: BFS, Dijkstra, Bellman-Ford, Floyd-Warshall, SCC, topological sort, max flow, spanning trees, bridges, colouring, Euler path, A*.

local Graph = {}
Graph.__index = Graph

function Graph.new(directed) return setmetatable({ directed = directed, names = {}, adj = {}, edges = {} }, Graph) end

function Graph:node(v)
  if not self.adj[v] then
    self.adj[v] = {}
    table.insert(self.names, v)
  end
end

function Graph:edge(a, b, w)
  self:node(a) self:node(b)
  local e = { a, b, w = w or 1 }
  table.insert(self.edges, e)
  table.insert(self.adj[a], { to = b, w = e.w, edge = e })
  if not self.directed then table.insert(self.adj[b], { to = a, w = e.w, edge = e }) end
  return self
end

-- "a-b:3 b-c" or "a>b:3"
function Graph.read(text)
  local g = Graph.new(text:find ">" ~= nil)
  for a, b, w in text:gmatch "(%w+)[->](%w+):?(-?%d*)" do g:edge(a, b, tonumber(w)) end
  return g
end

function Graph:bfs(start)
  local distance, order, queue = { [start] = 0 }, {}, { start }
  local head = 1
  while queue[head] do
    local v = queue[head]
    head = head + 1
    order[#order + 1] = v
    for _, e in ipairs(self.adj[v]) do
      if not distance[e.to] then
        distance[e.to] = distance[v] + 1
        queue[#queue + 1] = e.to
      end
    end
  end
  return order, distance
end

function Graph:dfs(start, visit, seen)
  seen = seen or {}
  seen[start] = true
  visit(start)
  for _, e in ipairs(self.adj[start]) do
    if not seen[e.to] then self:dfs(e.to, visit, seen) end
  end
end

function Graph:dijkstra(start)
  local d, from, done = { [start] = 0 }, {}, {}
  repeat
    local best
    for _, v in ipairs(self.names) do
      if not done[v] and d[v] and (not best or d[v] < d[best]) then best = v end
    end
    if best then
      done[best] = true
      for _, e in ipairs(self.adj[best]) do
        local through = d[best] + e.w
        if not d[e.to] or through < d[e.to] then d[e.to], from[e.to] = through, best end
      end
    end
  until not best
  return d, from
end

local function path(from, target)
  local list = {}
  while target do
    table.insert(list, 1, target)
    target = from[target]
  end
  return table.concat(list, ">")
end

function Graph:bellman_ford(start)
  local d, from = {}, {}
  for _, v in ipairs(self.names) do d[v] = math.huge end
  d[start] = 0
  for round = 1, #self.names do
    local changed = false
    for _, e in ipairs(self.edges) do
      if d[e[1]] + e.w < d[e[2]] then
        d[e[2]], from[e[2]], changed = d[e[1]] + e.w, e[1], true
      end
    end
    if not changed then return d, from, round end
  end
  return nil, "negative cycle"
end

function Graph:floyd_warshall()
  local d = {}
  for _, a in ipairs(self.names) do
    d[a] = {}
    for _, b in ipairs(self.names) do d[a][b] = a == b and 0 or math.huge end
    for _, e in ipairs(self.adj[a]) do d[a][e.to] = math.min(d[a][e.to], e.w) end
  end
  for _, k in ipairs(self.names) do
    for _, i in ipairs(self.names) do
      for _, j in ipairs(self.names) do
        if d[i][k] + d[k][j] < d[i][j] then d[i][j] = d[i][k] + d[k][j] end
      end
    end
  end
  return d
end

function Graph:topological()
  local degree, ready, out = {}, {}, {}
  for _, v in ipairs(self.names) do degree[v] = 0 end
  for _, e in ipairs(self.edges) do degree[e[2]] = degree[e[2]] + 1 end
  for _, v in ipairs(self.names) do if degree[v] == 0 then ready[#ready + 1] = v end end
  while #ready > 0 do
    table.sort(ready)
    local v = table.remove(ready, 1)
    out[#out + 1] = v
    for _, e in ipairs(self.adj[v]) do
      degree[e.to] = degree[e.to] - 1
      if degree[e.to] == 0 then ready[#ready + 1] = e.to end
    end
  end
  if #out < #self.names then return nil, "cycle among " .. #self.names - #out .. " nodes" end
  return out
end

function Graph:components()          -- Tarjan
  local index, low, number, stack, on, out = {}, {}, 0, {}, {}, {}
  local function visit(v)
    number = number + 1
    index[v], low[v] = number, number
    stack[#stack + 1], on[v] = v, true
    for _, e in ipairs(self.adj[v]) do
      local w = e.to
      if not index[w] then
        visit(w)
        low[v] = math.min(low[v], low[w])
      elseif on[w] then low[v] = math.min(low[v], index[w]) end
    end
    if low[v] == index[v] then
      local c = {}
      repeat
        local w = table.remove(stack)
        on[w] = nil
        c[#c + 1] = w
      until w == v
      table.sort(c)
      out[#out + 1] = table.concat(c, "")
    end
  end
  for _, v in ipairs(self.names) do if not index[v] then visit(v) end end
  return out
end

function Graph:bridges()
  local time, low, entry, bridges, cuts = 0, {}, {}, {}, {}
  local function visit(v, via)
    time = time + 1
    entry[v], low[v] = time, time
    local children = 0
    for _, e in ipairs(self.adj[v]) do
      if e.edge ~= via then
        if entry[e.to] then low[v] = math.min(low[v], entry[e.to])
        else
          children = children + 1
          visit(e.to, e.edge)
          low[v] = math.min(low[v], low[e.to])
          if low[e.to] > entry[v] then bridges[#bridges + 1] = v .. e.to end
          if via and low[e.to] >= entry[v] then cuts[v] = true end
        end
      end
    end
    if not via and children > 1 then cuts[v] = true end
  end
  for _, v in ipairs(self.names) do if not entry[v] then visit(v) end end
  local list = {}
  for v in pairs(cuts) do list[#list + 1] = v end
  table.sort(list) table.sort(bridges)
  return bridges, list
end

-- union-find with path halving
local function union_find()
  local parent, size, sets = {}, {}, 0
  local function find(x)
    if not parent[x] then parent[x], size[x], sets = x, 1, sets + 1 end
    while parent[x] ~= x do
      parent[x] = parent[parent[x]]
      x = parent[x]
    end
    return x
  end
  local function union(a, b)
    a, b = find(a), find(b)
    if a == b then return false end
    if size[a] < size[b] then a, b = b, a end
    parent[b], size[a], sets = a, size[a] + size[b], sets - 1
    return true
  end
  return find, union, function() return sets end
end

function Graph:kruskal()
  local find, union = union_find()
  local sorted = { unpack(self.edges) }
  table.sort(sorted, function(a, b)
    if a.w ~= b.w then return a.w < b.w end
    return a[1] .. a[2] < b[1] .. b[2]
  end)
  local total, used = 0, {}
  for _, e in ipairs(sorted) do
    if union(e[1], e[2]) then
      total = total + e.w
      used[#used + 1] = e[1] .. e[2]
    end
  end
  return total, table.concat(used, " ")
end

function Graph:prim(start)
  local inside, total, order = { [start] = true }, 0, { start }
  while true do
    local best
    for _, v in ipairs(order) do
      for _, e in ipairs(self.adj[v]) do
        if not inside[e.to] and (not best or e.w < best.w) then best = e end
      end
    end
    if not best then return total, table.concat(order, "") end
    inside[best.to] = true
    order[#order + 1] = best.to
    total = total + best.w
  end
end

function Graph:max_flow(source, sink)      -- Edmonds-Karp
  local capacity = {}
  for _, v in ipairs(self.names) do capacity[v] = {} end
  for _, e in ipairs(self.edges) do
    capacity[e[1]][e[2]] = (capacity[e[1]][e[2]] or 0) + e.w
    capacity[e[2]][e[1]] = capacity[e[2]][e[1]] or 0
  end
  local flow, rounds = 0, 0
  while true do
    local from, queue = { [source] = source }, { source }
    while #queue > 0 and not from[sink] do
      local v = table.remove(queue, 1)
      for _, w in ipairs(self.names) do
        if (capacity[v][w] or 0) > 0 and not from[w] then
          from[w] = v
          queue[#queue + 1] = w
        end
      end
    end
    if not from[sink] then
      local side = {}
      for _, v in ipairs(self.names) do if from[v] then side[#side + 1] = v end end
      return flow, rounds, table.concat(side, "")
    end
    local least, v = math.huge, sink
    while v ~= source do
      least = math.min(least, capacity[from[v]][v])
      v = from[v]
    end
    v = sink
    while v ~= source do
      local u = from[v]
      capacity[u][v], capacity[v][u] = capacity[u][v] - least, capacity[v][u] + least
      v = u
    end
    flow, rounds = flow + least, rounds + 1
  end
end

function Graph:coloring()
  local order, color = { unpack(self.names) }, {}
  table.sort(order, function(a, b)
    local da, db = #self.adj[a], #self.adj[b]
    if da ~= db then return da > db end
    return a < b
  end)
  local most = 0
  for _, v in ipairs(order) do
    local used, c = {}, 1
    for _, e in ipairs(self.adj[v]) do if color[e.to] then used[color[e.to]] = true end end
    while used[c] do c = c + 1 end
    color[v], most = c, math.max(most, c)
  end
  return most, color
end

function Graph:euler()
  local odd = {}
  for _, v in ipairs(self.names) do if #self.adj[v] % 2 == 1 then odd[#odd + 1] = v end end
  if #odd > 2 then return nil, #odd .. " odd nodes" end
  local used, stack, out = {}, { odd[1] or self.names[1] }, {}
  while #stack > 0 do
    local v = stack[#stack]
    local nextv
    for _, e in ipairs(self.adj[v]) do
      if not used[e.edge] then
        used[e.edge] = true
        nextv = e.to
        break
      end
    end
    if nextv then stack[#stack + 1] = nextv else out[#out + 1] = table.remove(stack) end
  end
  return table.concat(out, "")
end

------------------------------------------------------------------------------------

local function distances(g, d)
  local t = {}
  for i, v in ipairs(g.names) do t[i] = v .. "=" .. tostring(d[v]) end
  return table.concat(t, " ")
end

print "-- traversal"
local city = Graph.read "A-B:7 A-C:9 A-F:14 B-C:10 B-D:15 C-D:11 C-F:2 D-E:6 E-F:9 G-H:1"
print(#city.names, #city.edges, table.concat((city:bfs "A"), ""), distances(city, select(2, city:bfs "A")))
local order = {}
city:dfs("A", function(v) order[#order + 1] = v end)
print(table.concat(order, ""))

print "-- shortest paths"
local d, from = city:dijkstra "A"
print(distances(city, d))
for _, v in ipairs { "E", "D", "A", "G" } do print(v, d[v], path(from, v)) end
local all = city:floyd_warshall()
print(all.A.E, all.E.A, all.B.F, all.A.G)
for _, a in ipairs(city.names) do
  local da = city:dijkstra(a)
  for _, b in ipairs(city.names) do assert((da[b] or math.huge) == all[a][b]) end
end

local trade = Graph.read "s>a:4 s>b:5 a>c:3 b>a:-2 b>c:4 c>d:2 d>b:1 c>e:-1"
local bd, bfrom, rounds = trade:bellman_ford "s"
print(distances(trade, bd), path(bfrom, "e"), rounds)
trade:edge("e", "b", -3)
print(trade:bellman_ford "s")

print "-- order and components"
local tasks = Graph.read "shirt>tie tie>jacket trousers>shoes trousers>belt belt>jacket socks>shoes shirt>belt"
print(table.concat(tasks:topological(), " "))
tasks:edge("jacket", "shirt")
print(tasks:topological())
print(table.concat(Graph.read("a>b b>c c>a b>d d>e e>f f>d g>f g>h h>g h>h i>a"):components(), " "))
local b, c = Graph.read("a-b b-c c-a b-d d-e e-f f-d f-g"):bridges()
print(table.concat(b, " "), table.concat(c, " "))

print "-- trees"
print(city:kruskal())
print(city:prim "A")
local find, union, sets = union_find()
for i = 1, 100 do find(i) end
for i = 1, 100 do union(i, i * 7 % 100 + 1) end
print(sets(), find(1) == find(50), find(3) == find(97))

print "-- flow"
local net = Graph.read "s>a:16 s>c:13 a>b:12 b>c:9 c>a:4 c>d:14 d>b:7 b>t:20 d>t:4"
print(net:max_flow("s", "t"))
print(Graph.read("s>a:1000 s>b:1000 a>b:1 a>t:1000 b>t:1000"):max_flow("s", "t"))

print "-- matching by flow"
local wishes = { ann = "tea milk", bob = "tea", cat = "milk water", dan = "water", eve = "water juice" }
local m = Graph.new(true)
local people = {}
for p in pairs(wishes) do people[#people + 1] = p end
table.sort(people)
for _, p in ipairs(people) do
  m:edge("S", p)
  for drink in wishes[p]:gmatch "%a+" do
    m:edge(p, drink)
    if not m[drink] then m[drink] = true m:edge(drink, "T") end
  end
end
print((m:max_flow("S", "T")))

print "-- colouring"
local map = Graph.read "WA-NT WA-SA NT-SA NT-Q SA-Q SA-NSW SA-V Q-NSW NSW-V"
map:node "T"
local n, color = map:coloring()
local t = {}
for i, v in ipairs(map.names) do t[i] = v .. color[v] end
print(n, table.concat(t, " "))

print "-- euler"
print(Graph.read("a-b b-c c-a a-d d-e e-a"):euler())
print(Graph.read("a-b b-c c-d d-a a-c"):euler())
print(Graph.read("a-b a-c a-d b-c b-d c-d"):euler())

print "-- A star in a maze"
local maze = {
  "##############################",
  "#S   #     #        #        #",
  "# ## # ### # ###### # ###### #",
  "# #    # #   #    #   #    # #",
  "# ###### ##### ## ####### ## #",
  "#        #     ##         #  #",
  "######## # ###### ######### ##",
  "#          #     #        # E#",
  "##############################",
}
local function solve()
  local sx, sy, ex, ey
  for y, row in ipairs(maze) do
    sx, sy = row:find "S" and row:find "S" or sx, row:find "S" and y or sy
    ex, ey = row:find "E" or ex, row:find "E" and y or ey
  end
  local function key(x, y) return y * 100 + x end
  local open, g, came, closed, expanded = { { sx, sy, 0 } }, { [key(sx, sy)] = 0 }, {}, {}, 0
  while #open > 0 do
    table.sort(open, function(a, b)
      if a[3] ~= b[3] then return a[3] > b[3] end
      return key(a[1], a[2]) > key(b[1], b[2])
    end)
    local x, y = unpack(table.remove(open))
    local k = key(x, y)
    if x == ex and y == ey then
      local steps = 0
      while came[k] do
        k = came[k]
        local px, py = k % 100, math.floor(k / 100)
        if k ~= key(sx, sy) then maze[py] = maze[py]:sub(1, px - 1) .. "." .. maze[py]:sub(px + 1) end
        steps = steps + 1
      end
      return steps, expanded
    end
    if not closed[k] then
      closed[k] = true
      expanded = expanded + 1
      for _, dir in ipairs { { 1, 0 }, { -1, 0 }, { 0, 1 }, { 0, -1 } } do
        local nx, ny = x + dir[1], y + dir[2]
        local nk, cost = key(nx, ny), g[k] + 1
        local cell = maze[ny]:sub(nx, nx)
        if cell ~= "#" and cell ~= "" and (not g[nk] or cost < g[nk]) then
          g[nk], came[nk] = cost, k
          open[#open + 1] = { nx, ny, cost + math.abs(nx - ex) + math.abs(ny - ey) }
        end
      end
    end
  end
  return nil, expanded
end
print(solve())
print(table.concat(maze, "\n"))
